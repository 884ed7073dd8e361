// A time-stamp token taken apart: what it claims, before anything of it is verified.
//
// Source: RFC 3161 section 2.4.2, RFC 5652 for SignedData.
// Limits: kMaxResponseBytes; serial numbers of 160 bits, as the RFC demands that they be taken.
// Errors of ParseToken:
//   kInvalidArgument: malformed, or not what the RFC says: not DER to the exact end, a token
//   without
//     its TimeStampResp, a token beside
//     a refusal or none beside a grant, other than one signer, a signature over a weaker hash than
//     SHA-256, a time that is not `YYYYMMDDhhmmss[.f]Z` without trailing zeros, or before 1970.
//   kFailedPrecondition: the authority refuses this request for good.
//   kUnavailable: it refuses for now, or did not say why.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_RFC3161_TOKEN_H_
#define CAIRN_ANCHOR_EVIDENCE_RFC3161_TOKEN_H_

#include <openssl/pkcs7.h>
#include <openssl/ts.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/x509.h"

namespace cairn::rfc3161 {

struct Token {
  // What it is part of. Copying it out would decode its keys again.
  std::unique_ptr<TS_RESP, Freer<TS_RESP_free>> response;
  PKCS7* signed_data = nullptr;
  std::unique_ptr<TS_TST_INFO, Freer<TS_TST_INFO_free>> info;
  std::string policy = {};             // Dotted.
  std::string imprint_algorithm = {};  // Dotted.
  std::string imprint = {};
  std::string serial = {};  // Lower-case hex, '-' before a negative one.
  // Microseconds since 1970; a finer fraction is rounded up.
  uint64_t gen_time_us = 0;
  uint64_t accuracy_us = 0;  // 0 where there is none.

  // genTime + accuracy in seconds, rounded up.
  uint64_t existed_by_s() const { return (gen_time_us + accuracy_us + 999'999) / 1'000'000; }
};

// Of a TimeStampResp that grants. `certificates` (null: none) saves parsing those that it has
// already.
absl::StatusOr<Token> ParseToken(absl::string_view response,
                                 CertificateCache* certificates = nullptr);

// genTime in microseconds since 1970.
absl::StatusOr<uint64_t> ParseGenTime(absl::string_view text);

}  // namespace cairn::rfc3161

#endif  // CAIRN_ANCHOR_EVIDENCE_RFC3161_TOKEN_H_
