#include "merkle/entry/blind.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "merkle/hmac.h"

namespace cairn::entry {
namespace {

std::string WithField(absl::string_view context, absl::string_view field) {
  return absl::StrCat(context, std::string(1, static_cast<char>(field.size())), field);
}

}  // namespace

Hash BlindingKey(const Hash& secret, absl::string_view field, const Hash& certificate_hash,
                 absl::string_view value) {
  return merkle::HmacSha256(secret, absl::StrCat(WithField("cairn.v1/blind-key\n", field),
                                                 certificate_hash.view(), value));
}

std::string Blind(const Hash& key, absl::string_view field, absl::string_view value) {
  const Hash code =
      merkle::HmacSha256(key, absl::StrCat(WithField("cairn.v1/blind\n", field), value));
  return absl::StrCat(kBlindPrefix, absl::WebSafeBase64Escape(code.view()));
}

absl::Status VerifyOpening(absl::string_view id, const Hash& key, absl::string_view field,
                           absl::string_view value) {
  if (id == Blind(key, field, value)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the opening of ", field, " does not lead to the id that was logged"));
}

}  // namespace cairn::entry
