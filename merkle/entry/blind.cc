#include "merkle/entry/blind.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cassert>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cairn::entry {
namespace {

Hash HmacSha256(const Hash& key, absl::string_view message) {
  Hash code;
  unsigned int size = 0;
  const unsigned char* const made = HMAC(EVP_sha256(), key.bytes.data(), Hash::kSize,
                                         reinterpret_cast<const unsigned char*>(message.data()),
                                         message.size(), code.bytes.data(), &size);
  assert(made != nullptr && size == Hash::kSize);
  return code;
}

std::string WithField(absl::string_view context, absl::string_view field) {
  return absl::StrCat(context, std::string(1, static_cast<char>(field.size())), field);
}

}  // namespace

Hash BlindingKey(const Hash& secret, absl::string_view field, const Hash& certificate_hash,
                 absl::string_view value) {
  return HmacSha256(secret, absl::StrCat(WithField("cairn.v1/blind-key\n", field),
                                         certificate_hash.view(), value));
}

std::string Blind(const Hash& key, absl::string_view field, absl::string_view value) {
  const Hash code = HmacSha256(key, absl::StrCat(WithField("cairn.v1/blind\n", field), value));
  return absl::StrCat(kBlindPrefix, absl::WebSafeBase64Escape(code.view()));
}

absl::Status VerifyOpening(absl::string_view id, const Hash& key, absl::string_view field,
                           absl::string_view value) {
  if (id == Blind(key, field, value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the opening of ", field, " does not lead to the id that was logged"));
}

}  // namespace cairn::entry
