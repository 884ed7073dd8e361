// Anchors in Bitcoin, by way of OpenTimestamps calendars.
//
// A calendar gathers digests for some hours, puts their root into a Bitcoin transaction and, some
// blocks later, hands out the path. Before that its word is all there is: the receipt is *pending*.
// Request: version u8 = 1 || nonce [16]. What calendars see is SHA-256(digest || nonce), so that
//   they learn nothing of what is anchored. Persistent.
// Receipt: an `.ots` file over the digest; see anchor/evidence/opentimestamps.h.
// Submit asks all calendars; `required` of them must answer. Answers that are equal are of one
//   calendar under two names, and count once.
// Poll asks the calendar of each pending attestation, if it is one that may be asked, until a block
//   is found to hold the digest. States:
//   kSubmitted    no Bitcoin attestation yet; the detail says what each calendar answers
//   kAccepted     there is one, and no source of headers, or none that knows the block (yet)
//   kConfirmed    the block's header has the Merkle root; confirmations = its depth
//   kFinal        and is min_depth deep
//   kReorganised  a block that is there has another Merkle root, and none holds the digest
//   What is reorganised is kept until a calendar hands out a path into a block that holds the
//   digest: the old chain may win after all.
//   A Poll remembers nothing of earlier ones. That a source lags behind shows as kAccepted, also of
//   what was confirmed before; only kReorganised says that something is gone.
// existed_by_s is the block's time, and known from kConfirmed on.
// Errors: as Backend says. A source of headers that does not answer is kUnavailable, unless the
//   calendars had something new that is to be stored first. kDataLoss for a receipt that is none,
//   or of another digest. kCancelled when the exchange is.
// Bounds: 10,000 bytes an answer, 16 questions a Poll; an upgrade that does not fit the receipt is
//   left out. Of an answer nothing is kept when it is malformed, names no calendar that may be
//   asked, or names a block that the source contradicts.

#ifndef CAIRN_ANCHOR_OPENTIMESTAMPS_OPENTIMESTAMPS_H_
#define CAIRN_ANCHOR_OPENTIMESTAMPS_OPENTIMESTAMPS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/backend.h"
#include "anchor/evidence/bitcoin.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/http.h"
#include "anchor/opentimestamps/calendars.h"
#include "merkle/hash.h"

namespace cairn::anchor {

struct OpenTimestampsOptions {
  // Where digests go. 1 to 8 URLs; see calendar_url.h.
  std::vector<std::string> calendars = {
      "https://a.pool.opentimestamps.org", "https://b.pool.opentimestamps.org",
      "https://a.pool.eternitywall.com", "https://ots.btc.catallaxy.com"};
  // How many of them must take a digest.
  size_t required = 2;
  // Who may be asked for upgrades, besides these calendars: URLs, or patterns as of
  // AllowedCalendars.
  std::vector<std::string> upgrade_from = {"https://*.calendar.opentimestamps.org",
                                           "https://*.calendar.eternitywall.com",
                                           "https://*.calendar.catallaxy.com"};
  uint64_t min_depth = evidence::kUsualDepth;
  // "https://explorer.example/block/{height}"; empty: receipts have no link.
  std::string link = {};
  // For one answer of one calendar.
  std::chrono::milliseconds deadline = std::chrono::seconds(10);
};

// As many random bytes as asked for.
using RandomBytes = std::function<std::string(size_t)>;
RandomBytes SystemRandom();

class OpenTimestamps final : public Backend {
 public:
  // Without headers (null), receipts stay kAccepted. kInvalidArgument for options that make no
  // sense.
  static absl::StatusOr<std::unique_ptr<OpenTimestamps>> Open(
      OpenTimestampsOptions options, HttpExchange http,
      std::unique_ptr<evidence::BlockHeaders> headers, RandomBytes random = SystemRandom());

  absl::string_view kind() const override { return "opentimestamps"; }
  absl::StatusOr<std::string> Prepare(const Hash& digest) override;
  absl::StatusOr<Progress> Submit(const Hash& digest, absl::string_view request) override;
  absl::StatusOr<Progress> Poll(const Hash& digest, absl::string_view request,
                                absl::string_view receipt) override;
  std::string Link(absl::string_view receipt) const override;

 private:
  OpenTimestamps(OpenTimestampsOptions options, Calendars calendars,
                 std::unique_ptr<evidence::BlockHeaders> headers, RandomBytes random)
      : options_(std::move(options)),
        calendars_(std::move(calendars)),
        headers_(std::move(headers)),
        random_(std::move(random)) {}

  // What the tree over this digest is worth by now.
  absl::StatusOr<evidence::BitcoinVerdict> Judge(const evidence::ots::File& file) const;
  // OK unless the source of headers contradicts a block that the answer names.
  absl::Status Vet(absl::string_view calendar, const evidence::ots::Timestamp& answer,
                   absl::string_view message) const;
  struct Asked;
  // Asks the calendar of each pending attestation and merges what is new.
  absl::StatusOr<Asked> AskCalendars(evidence::ots::File* file) const;
  absl::StatusOr<Progress> Report(const evidence::ots::File& file,
                                  const absl::StatusOr<evidence::BitcoinVerdict>& verdict,
                                  const Asked& asked) const;

  const OpenTimestampsOptions options_;
  const Calendars calendars_;
  const std::unique_ptr<evidence::BlockHeaders> headers_;
  const RandomBytes random_;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_OPENTIMESTAMPS_OPENTIMESTAMPS_H_
