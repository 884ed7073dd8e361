#include "merkle/entry/certifier_key.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"
#include "merkle/note/key.h"
#include "merkle/note/text.h"

namespace cairn::entry {
namespace {

absl::Status Malformed(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::StatusOr<PublicKey> ParseVkey(absl::string_view name, absl::string_view text) {
  const absl::StatusOr<note::VerifierKey> vkey = note::VerifierKey::Parse(text);
  if (!vkey.ok()) {
    return Malformed(absl::StrCat("the vkey is refused: ", vkey.status().message()));
  }
  if (vkey->type() != note::KeyType::kEd25519) {
    return Malformed("the vkey is not of type 0x01, Ed25519: a witness's key cannot certify");
  }
  if (vkey->name() != name) {
    return Malformed(absl::StrCat("the vkey is that of `", vkey->name(), "`, not of certifier `",
                                  name, "`: correct the name, or make the key under it"));
  }
  return vkey->public_key();
}

absl::StatusOr<PublicKey> ParseBareKey(absl::string_view text) {
  const absl::StatusOr<std::string> bytes = note::ParseBase64(text);
  absl::StatusOr<PublicKey> key = Malformed("");
  if (bytes.ok()) key = PublicKey::FromBytes(*bytes);
  if (!key.ok()) {
    return Malformed(
        "the key is neither a vkey, as `cairn keygen` prints it, nor base64 of 32 bytes");
  }
  if (absl::Status usable = CheckPublicKey(*key); !usable.ok()) {
    return Malformed(absl::StrCat("the key is refused: ", usable.message()));
  }
  return key;
}

}  // namespace

absl::StatusOr<CertifierKey> ParseCertifierKey(absl::string_view name_and_key) {
  const size_t equals = name_and_key.find('=');
  if (equals == absl::string_view::npos) {
    return Malformed("a certifier's key is given as NAME=KEY; the '=' is missing");
  }
  const absl::string_view name = name_and_key.substr(0, equals);
  absl::StatusOr<PublicKey> key = ParseCertifierKey(name, name_and_key.substr(equals + 1));
  if (!key.ok()) return key.status();
  return CertifierKey{.name = std::string(name), .key = *key};
}

absl::StatusOr<PublicKey> ParseCertifierKey(absl::string_view name, absl::string_view key) {
  if (absl::Status valid = ValidateText("certifier name", name, /*allow_empty=*/false);
      !valid.ok()) {
    return valid;
  }
  if (name == kAnonymous) {
    return Malformed(absl::StrCat("certifier name `", kAnonymous, "` is reserved; it has no key"));
  }
  if (absl::StartsWith(key, "PRIVATE+KEY+")) {
    return Malformed("this is a private key; give the vkey that `cairn keygen` printed");
  }
  // Base64 has the character '+' as well, but 32 bytes of it are 44 characters; no vkey is as
  // short.
  return key.size() > 44 ? ParseVkey(name, key) : ParseBareKey(key);
}

}  // namespace cairn::entry
