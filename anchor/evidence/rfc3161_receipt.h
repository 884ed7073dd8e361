// The receipt of a time-stamp authority: its response as it came, and beside it what it takes to
// check that later.
//
// Source: RFC 3161 section 2.4.2 for the response, RFC 5280 for certificates and CRLs.
// Shape: persistent. Two DER elements, of which the second is left out when it would say nothing,
//   so that a receipt without it is a `.tsr` file, byte for byte; and tools that read the first
//   element and stop, as `openssl ts` does, read the other receipts as well.
//     response   TimeStampResp
//     side       SEQUENCE { certificates SEQUENCE OF Certificate,
//                           crls SEQUENCE OF CertificateList }    not both empty
//   The order of certificates and CRLs is kept; none is there twice.
// Limits: kMaxResponseBytes for the response; kMaxSideItems certificates, as many CRLs;
//   kMaxReceiptBytes in all.
// Errors: kInvalidArgument. Format(Parse(bytes)) == bytes for all that parses.
// Nothing here is verified beyond its form, and nothing signs the side data: whoever hands a
//   receipt on can take them out. See rfc3161.h for what follows from that.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_RFC3161_RECEIPT_H_
#define CAIRN_ANCHOR_EVIDENCE_RFC3161_RECEIPT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::rfc3161 {

inline constexpr size_t kMaxResponseBytes = size_t{64} << 10;
inline constexpr size_t kMaxReceiptBytes = size_t{256} << 10;
inline constexpr size_t kMaxSideItems = 8;

struct Receipt {
  // TimeStampResp.
  std::string response = {};
  // DER: those of the chain that the token does not carry, without the root.
  std::vector<std::string> certificates = {};
  // DER: as they were when the token was issued, or later.
  std::vector<std::string> crls = {};

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// A token (ContentInfo) without the TimeStampResp around it, as some archives keep it: refused
// everywhere, since one statement is to have one receipt, and `openssl ts` reads only the other as
// a response.
bool IsBareToken(absl::string_view response);
inline constexpr char kBareTokenText[] =
    "a bare token: keep the whole TimeStampResp, as the authority sent it";

absl::StatusOr<Receipt> ParseReceipt(absl::string_view bytes);
absl::StatusOr<std::string> FormatReceipt(const Receipt& receipt);

}  // namespace cairn::rfc3161

#endif  // CAIRN_ANCHOR_EVIDENCE_RFC3161_RECEIPT_H_
