// An RFC 3161 time-stamp authority as an anchor.
//
// Submit posts the request and verifies the whole answer at once (anchor/evidence/rfc3161.h): a
// token is checked by its chain, independently of who sent it, so there is nothing between accepted
// and final. What does not verify leaves nothing behind. The answer's DER is judged, not its
// content type, which some authorities get wrong.
//   kAccepted  no roots are configured, so that nothing can be checked; or the revocation lists
//              that are could not be had, or do not cover the chain. Poll tries both again.
//   kFinal     everything holds.
//   kReorganised, of Poll: the authority's key is revoked in a way that takes the token back.
// Revocation lists come from the configuration's URLs alone. The ones that certificates name are
//   never asked: a token from outside would then choose where this process connects to.
// Receipt: anchor/evidence/rfc3161_receipt.h. Certificates that the token lacks are kept beside it,
//   and the lists as they were at issue; a list of later is kept only when it revokes.
// Errors: as anchor/backend.h has them. kPermissionDenied: the answer leads to none of the pinned
//   roots, or rests on what is revoked. kFailedPrecondition: the authority, or HTTP's 4xx that mean
//   this request, refuse for good; refusals without a reason, `waiting` and everything else of
//   HTTP's are kUnavailable, 429 kResourceExhausted.
// The authority keeps no state: Poll without a receipt submits again, and two answers to one
// request
//   are as good as each other.

#ifndef CAIRN_ANCHOR_RFC3161_BACKEND_H_
#define CAIRN_ANCHOR_RFC3161_BACKEND_H_

#include <chrono>
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
#include "anchor/evidence/rfc3161.h"
#include "anchor/http.h"
#include "merkle/hash.h"

namespace cairn::anchor {

struct Rfc3161Options {
  // Names it in messages.
  std::string name;
  // http:// is as good as https://: the token is signed. But see `headers`.
  std::string url;
  // Credentials, say.
  std::vector<std::pair<std::string, std::string>> headers = {};
  rfc3161::Trust trust = {};
  // Of DER, at most kMaxSideItems. With any, no receipt is final before they cover its chain.
  std::vector<std::string> crl_urls = {};
  // {serial} (hex) and {digest} (hex) are put in. Empty: no link.
  std::string link_template = {};
  std::chrono::milliseconds deadline = std::chrono::seconds(30);
  // By how much the clocks of here and there may differ.
  uint64_t clock_slack_s = 60;
  // Hears of each token that was asked for and leads to a root, as soon as it is there, between
  // which POSIX seconds its issuer's clock was. May be empty.
  std::function<void(uint64_t earliest_s, uint64_t latest_s)> heard_time = nullptr;
};

class Rfc3161Backend final : public Backend {
 public:
  // POSIX seconds.
  using Clock = std::function<uint64_t()>;

  // kInvalidArgument for URLs that are not http or https, a template with other names in braces, or
  // a trust that Verifier refuses.
  static absl::StatusOr<std::unique_ptr<Rfc3161Backend>> Create(Rfc3161Options options,
                                                                HttpExchange exchange, Clock now_s);

  absl::string_view kind() const override { return "rfc3161"; }
  absl::StatusOr<std::string> Prepare(const Hash& digest) override;
  absl::StatusOr<Progress> Submit(const Hash& digest, absl::string_view request) override;
  absl::StatusOr<Progress> Poll(const Hash& digest, absl::string_view request,
                                absl::string_view receipt) override;
  std::string Link(absl::string_view receipt) const override;

 private:
  Rfc3161Backend(Rfc3161Options options, HttpExchange exchange, Clock now_s,
                 std::unique_ptr<rfc3161::Verifier> verifier);

  // The status with the authority's name before the message.
  absl::Status Named(const absl::Status& status) const;
  void HearTime(const rfc3161::Receipt& receipt, const Hash& digest,
                absl::string_view request) const;
  absl::StatusOr<std::string> Ask(absl::string_view request);
  // The lists; or why one could not be had or does not belong to the receipt.
  absl::StatusOr<std::vector<std::string>> FetchCrls(const rfc3161::Receipt& receipt,
                                                     const Hash& digest);
  // kPermissionDenied when a list revokes; `receipt` then holds those lists.
  absl::StatusOr<Progress> CheckCrls(const Hash& digest, const rfc3161::Timestamp& timestamp,
                                     rfc3161::Receipt* receipt);
  absl::StatusOr<Progress> Unproven(const absl::Status& why, const rfc3161::Receipt& receipt) const;

  const Rfc3161Options options_;
  const HttpExchange exchange_;
  const Clock now_s_;
  const std::unique_ptr<rfc3161::Verifier> verifier_;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_RFC3161_BACKEND_H_
