#include "merkle/certificate/node_keys.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "merkle/certificate/base64.h"
#include "merkle/certificate/canonical_json.h"

namespace cairn::certificate {
namespace {

using nlohmann::json;

// What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410).
constexpr char kSpkiPrefixHex[] = "302a300506032b6570032100";

absl::Status Invalid(absl::string_view field, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("node keys: ", field, " ", why));
}

// Null where the member is absent or no string.
const std::string* Text(const json& object, const char* name) {
  const auto member = object.find(name);
  return member == object.end() ? nullptr : member->get_ptr<const std::string*>();
}

absl::StatusOr<PublicKey> ParseText(absl::string_view field, absl::string_view text) {
  if (text.size() == 64 && std::all_of(text.begin(), text.end(), absl::ascii_isxdigit)) {
    return PublicKey::FromBytes(absl::HexStringToBytes(text));
  }
  const absl::StatusOr<std::string> decoded = DecodeBase64(text);
  if (!decoded.ok()) return Invalid(field, decoded.status().message());
  absl::string_view bytes = *decoded;
  absl::ConsumePrefix(&bytes, absl::HexStringToBytes(kSpkiPrefixHex));
  absl::StatusOr<PublicKey> key = PublicKey::FromBytes(bytes);
  if (!key.ok()) return Invalid(field, "is not an Ed25519 public key");
  return key;
}

absl::StatusOr<PublicKey> ParseJwk(absl::string_view field, const json& jwk) {
  const auto is = [&jwk](const char* name, absl::string_view wanted) {
    const std::string* text = Text(jwk, name);
    return text != nullptr && *text == wanted;
  };
  const std::string* x = jwk.is_object() ? Text(jwk, "x") : nullptr;
  if (x == nullptr || !is("kty", "OKP") || !is("crv", "Ed25519")) {
    return Invalid(field, "is not a JWK of kty OKP and crv Ed25519");
  }
  return ParseText(absl::StrCat(field, ".x"), *x);
}

// The key in whatever shapes it has.
absl::StatusOr<PublicKey> ParseKey(const std::string& field, const json& object) {
  std::optional<PublicKey> key;
  for (const char* name : {"publicKey", "publicKeySpkiB64", "publicKeyJwk"}) {
    const auto member = object.find(name);
    if (member == object.end()) continue;
    const std::string member_field = absl::StrCat(field, ".", name);
    if (!member->is_string() && !member->is_object()) {
      return Invalid(member_field, "is neither a text nor a JWK");
    }
    absl::StatusOr<PublicKey> parsed =
        member->is_string() ? ParseText(member_field, member->get_ref<const std::string&>())
                            : ParseJwk(member_field, *member);
    if (!parsed.ok()) return parsed;
    if (key.has_value() && *key != *parsed) {
      return Invalid(member_field, "is another key than the members before it");
    }
    key = *parsed;
  }
  if (!key.has_value()) return Invalid(field, "has no public key");
  if (absl::Status good = CheckPublicKey(*key); !good.ok()) return Invalid(field, good.message());
  return *key;
}

}  // namespace

absl::StatusOr<NodeKeys> NodeKeys::Parse(absl::string_view text) {
  const absl::StatusOr<json> file = ParseStrict(text);
  if (!file.ok()) return Invalid("file", file.status().message());
  const std::string* node_id = file->is_object() ? Text(*file, "nodeId") : nullptr;
  if (node_id == nullptr || node_id->empty()) return Invalid("nodeId", "is missing");
  const auto list = file->find("keys");
  if (list == file->end() || !list->is_array() || list->empty()) {
    return Invalid("keys", "is not a list of keys");
  }
  std::map<std::string, Key> keys;
  for (const json& object : *list) {
    const std::string field = absl::StrCat("keys[", keys.size(), "]");
    const std::string* kid = object.is_object() ? Text(object, "kid") : nullptr;
    if (kid == nullptr || kid->empty()) return Invalid(absl::StrCat(field, ".kid"), "is missing");
    const absl::StatusOr<PublicKey> key = ParseKey(field, object);
    if (!key.ok()) return key.status();
    const std::string* status = Text(object, "status");
    const bool revoked = status != nullptr && *status == "revoked";
    if (!keys.emplace(*kid, Key{.key = *key, .revoked = revoked}).second) {
      return Invalid(absl::StrCat(field, ".kid"),
                     absl::StrCat("`", Shortened(*kid), "` appears twice"));
    }
  }
  return NodeKeys(*node_id, std::move(keys));
}

absl::StatusOr<PublicKey> NodeKeys::Find(absl::string_view kid) const {
  const auto found = keys_.find(std::string(kid));
  if (found == keys_.end()) {
    return absl::NotFoundError(
        absl::StrCat("node `", Shortened(node_id_), "` has no key `", Shortened(kid), "`"));
  }
  if (found->second.revoked) {
    return absl::PermissionDeniedError(absl::StrCat(
        "node `", Shortened(node_id_), "` has revoked its key `", Shortened(kid), "`"));
  }
  return found->second.key;
}

}  // namespace cairn::certificate
