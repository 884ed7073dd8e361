#include "merkle/entry/blind.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cairn::entry {

std::string Blind(const Hash& key, absl::string_view field, absl::string_view value) {
  std::string message = "cairn.v1/blind\n";
  message.push_back(static_cast<char>(field.size()));
  absl::StrAppend(&message, field, value);
  Hash code;
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.bytes.data(), Hash::kSize,
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), code.bytes.data(),
       &size);
  return absl::StrCat(kBlindPrefix, absl::WebSafeBase64Escape(code.view()));
}

absl::Status VerifyOpening(absl::string_view id, const Hash& key, absl::string_view field,
                           absl::string_view value) {
  if (id == Blind(key, field, value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the opening of ", field, " does not lead to the id that was logged"));
}

}  // namespace cairn::entry
