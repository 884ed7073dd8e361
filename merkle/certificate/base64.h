// Base64 as node keys and receipts carry it: of either alphabet of RFC 4648 (sections 4 and 5),
// with its padding or without.

#ifndef CAIRN_MERKLE_CERTIFICATE_BASE64_H_
#define CAIRN_MERKLE_CERTIFICATE_BASE64_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::certificate {

// kInvalidArgument also for both alphabets at once, padding of the wrong length, and unused bits
// that are not zero: so that no edit of a text leaves its bytes as they were.
absl::StatusOr<std::string> DecodeBase64(absl::string_view text);

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_BASE64_H_
