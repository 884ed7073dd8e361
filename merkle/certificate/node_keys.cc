#include "merkle/certificate/node_keys.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "merkle/certificate/base64.h"
#include "merkle/certificate/canonical_json.h"

namespace cairn::certificate {
namespace {

using json = Json;

// What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410).
constexpr char kSpkiPrefixHex[] = "302a300506032b6570032100";

absl::Status Invalid(absl::string_view field, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("node keys: ", field, " ", why));
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
    const std::string* text = TextMember(jwk, name);
    return text != nullptr && *text == wanted;
  };
  const std::string* x = jwk.is_object() ? TextMember(jwk, "x") : nullptr;
  if (x == nullptr || !is("kty", "OKP") || !is("crv", "Ed25519")) {
    return Invalid(field, "is not a JWK of kty OKP and crv Ed25519");
  }
  return ParseText(absl::StrCat(field, ".x"), *x);
}

// The key in whatever shapes it has.
absl::StatusOr<PublicKey> ParsePublicKey(const std::string& field, const json& object) {
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

// Absent and null alike: none.
absl::StatusOr<std::optional<int64_t>> ParseTime(const std::string& field, const json& object,
                                                 const char* name) {
  const Json* value = Member(object, name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto* text = value->get_ptr<const std::string*>();
  const absl::StatusOr<int64_t> at_s =
      text == nullptr ? absl::InvalidArgumentError("") : ParseTimeS(*text);
  if (!at_s.ok())
    return Invalid(absl::StrCat(field, ".", name), "is no time as RFC 3339 writes it");
  return *at_s;
}

bool IsEd25519(const json& object) {
  for (const char* name : {"alg", "algorithm"}) {
    const std::string* algorithm = TextMember(object, name);
    if (algorithm != nullptr && *algorithm != "Ed25519" && *algorithm != "EdDSA") return false;
  }
  return true;
}

absl::StatusOr<NodeKey> ParseKey(const std::string& field, const json& object) {
  NodeKey out;
  if (IsEd25519(object)) {
    const absl::StatusOr<PublicKey> key = ParsePublicKey(field, object);
    if (!key.ok()) return key.status();
    out.key = *key;
  }
  const Json* revoked = Member(object, "revoked");
  if (revoked != nullptr && !revoked->is_boolean() && !revoked->is_null()) {
    return Invalid(absl::StrCat(field, ".revoked"), "is neither true nor false");
  }
  const std::string* status = TextMember(object, "status");
  out.revoked = (revoked != nullptr && revoked->is_boolean() && revoked->get<bool>()) ||
                (status != nullptr && *status == "revoked");
  for (const char* name : {"notBefore", "validFrom"}) {
    const absl::StatusOr<std::optional<int64_t>> from = ParseTime(field, object, name);
    if (!from.ok()) return from.status();
    if (from->has_value()) out.valid_from_s = **from;
  }
  const absl::StatusOr<std::optional<int64_t>> to = ParseTime(field, object, "validTo");
  if (!to.ok()) return to.status();
  out.valid_to_s = *to;
  return out;
}

const Json* ListOfKeys(const Json& file) {
  const Json* keys = Member(file, "keys");
  return keys != nullptr ? keys : Member(file, "publicKeys");
}

}  // namespace

absl::StatusOr<NodeKeys> NodeKeys::Parse(const std::string& text) {
  const absl::StatusOr<json> file = ParseStrict(text);
  if (!file.ok()) return Invalid("file", file.status().message());
  const std::string* node_id = TextMember(*file, "nodeId");
  if (node_id == nullptr || node_id->empty()) return Invalid("nodeId", "is missing");
  const Json* list = ListOfKeys(*file);
  if (list == nullptr || !list->is_array() || list->empty()) {
    return Invalid("keys", "is not a list of keys");
  }
  std::map<std::string, NodeKey> keys;
  for (const json& object : *list) {
    const std::string field = absl::StrCat("keys[", keys.size(), "]");
    const std::string* kid = TextMember(object, "kid");
    if (kid == nullptr) kid = TextMember(object, "id");
    if (kid == nullptr || kid->empty()) return Invalid(absl::StrCat(field, ".kid"), "is missing");
    absl::StatusOr<NodeKey> key = ParseKey(field, object);
    if (!key.ok()) return key.status();
    if (!keys.emplace(*kid, *std::move(key)).second) {
      return Invalid(absl::StrCat(field, ".kid"),
                     absl::StrCat("`", Shortened(*kid), "` appears twice"));
    }
  }
  return NodeKeys(*node_id, std::move(keys));
}

const NodeKey* NodeKeys::Find(absl::string_view kid) const {
  const auto found = keys_.find(std::string(kid));
  return found == keys_.end() ? nullptr : &found->second;
}

absl::StatusOr<int64_t> ParseTimeS(absl::string_view text) {
  absl::Time time;
  std::string error;
  // absl takes words such as "infinite-future" too.
  if (text.empty() || !absl::ascii_isdigit(text[0]) ||
      !absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::InvalidArgumentError("is no time as RFC 3339 writes it");
  }
  return absl::ToUnixSeconds(time);
}

}  // namespace cairn::certificate
