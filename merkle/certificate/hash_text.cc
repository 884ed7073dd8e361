#include "merkle/certificate/hash_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "merkle/certificate/canonical_json.h"

namespace cairn::certificate {
namespace {

constexpr char kPrefix[] = "sha256:";

bool IsLowerHex(char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string HashText(const Hash& hash) { return absl::StrCat(kPrefix, hash.Hex()); }

absl::StatusOr<Hash> ParseHashText(absl::string_view text) {
  absl::string_view hex = text;
  if (!absl::ConsumePrefix(&hex, kPrefix) || hex.size() != 2 * Hash::kSize ||
      !std::all_of(hex.begin(), hex.end(), IsLowerHex)) {
    return absl::InvalidArgumentError("is not `sha256:` and 64 lower-case hex digits");
  }
  return Hash::FromBytes(absl::HexStringToBytes(hex));
}

std::string Shown(const Json& value) { return Shortened(Utf8(CanonicalJson(value))); }

void AddMismatch(absl::string_view field, const Json& stated, const Hash& computed,
                 absl::string_view code, absl::string_view hint, Judgement& judgement) {
  judgement.Contradict(field, code,
                       absl::StrCat("does not match: computed ", HashText(computed), ", stated ",
                                    Shown(stated), hint));
}

bool IsStatedHash(absl::string_view field, const Json& stated, absl::string_view code,
                  Judgement& judgement) {
  const auto* text = stated.get_ptr<const std::string*>();
  if (text != nullptr && ParseHashText(*text).ok()) return true;
  judgement.Contradict(
      field, code,
      absl::StrCat("is not `sha256:` and 64 lower-case hex digits, but ", Shown(stated)));
  return false;
}

void JudgeStatedHash(absl::string_view field, const Json& stated, const Hash& computed,
                     absl::string_view code, Judgement& judgement) {
  if (!IsStatedHash(field, stated, code, judgement)) return;
  if (stated.get_ref<const std::string&>() == HashText(computed)) return;
  AddMismatch(field, stated, computed, code, "", judgement);
}

}  // namespace cairn::certificate
