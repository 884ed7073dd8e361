// An OpenTimestamps calendar for tests, which answers as opentimestamps-server does: each digest at
// once with a pending attestation, a commitment with 404 while it is pending or unknown, and with
// its path once a block holds it.

#ifndef CAIRN_ANCHOR_OPENTIMESTAMPS_TESTING_CALENDAR_H_
#define CAIRN_ANCHOR_OPENTIMESTAMPS_TESTING_CALENDAR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/testing/bitcoin_chain.h"
#include "anchor/http.h"
#include "merkle/hash.h"

namespace cairn::anchor::testing {

class Calendar {
 public:
  // `uri` is what its pending attestations say.
  explicit Calendar(std::string uri) : uri_(std::move(uri)) {}

  HttpAnswer Answer(bool post, absl::string_view path, absl::string_view body);

  // Puts all that it holds into one new block of the chain: also what was in a block before.
  uint64_t Stamp(evidence::testing::BitcoinChain* chain);
  // Loses all that it holds.
  void Forget() { paths_.clear(); }

  size_t digests() const { return digests_; }
  const std::string& uri() const { return uri_; }
  void set_uri(std::string uri) { uri_ = std::move(uri); }

 private:
  HttpAnswer Submit(absl::string_view message);
  HttpAnswer Upgrade(absl::string_view hex) const;

  std::string uri_;
  size_t digests_ = 0;
  // By commitment; without attestation or step while it is pending.
  std::map<std::string, evidence::ots::Timestamp, std::less<>> paths_;
};

}  // namespace cairn::anchor::testing

#endif  // CAIRN_ANCHOR_OPENTIMESTAMPS_TESTING_CALENDAR_H_
