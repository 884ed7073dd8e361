#include "merkle/certificate/base64.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

namespace cairn::certificate {

absl::StatusOr<std::string> DecodeBase64(absl::string_view text) {
  const bool url = text.find_first_of("-_") != absl::string_view::npos;
  std::string bytes;
  const bool decoded =
      url ? absl::WebSafeBase64Unescape(text, &bytes) : absl::Base64Unescape(text, &bytes);
  if (decoded) {
    // The decoder is lenient; the encoder is not.
    const std::string padded = absl::Base64Escape(bytes);
    const std::string unpadded = absl::WebSafeBase64Escape(bytes);
    std::string canonical = url ? unpadded : padded.substr(0, unpadded.size());
    if (absl::EndsWith(text, "=")) canonical.append(padded.size() - canonical.size(), '=');
    if (text == canonical) return bytes;
  }
  return absl::InvalidArgumentError("is not canonical base64");
}

}  // namespace cairn::certificate
