#include "merkle/note/key.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "merkle/hash.h"
#include "merkle/note/text.h"

namespace cairn::note {
namespace {

constexpr absl::string_view kPrivatePrefix = "PRIVATE+KEY+";
constexpr size_t kIdDigits = 2 * KeyId::kSize;

absl::Status Malformed(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::StatusOr<KeyType> ParseKeyType(char byte) {
  const auto type = static_cast<KeyType>(static_cast<uint8_t>(byte));
  switch (type) {
    case KeyType::kEd25519:
    case KeyType::kCosignature:
      return type;
  }
  return Malformed(absl::StrCat("keys of type 0x", FormatHex(absl::string_view(&byte, 1)),
                                " cannot be verified here; give one of type 0x01 or 0x04"));
}

// The fields of both text forms: name+hhhhhhhh+base64(type || material).
struct KeyFields {
  std::string name;
  std::string id_hex;
  KeyType type;
  std::string material;
};

absl::StatusOr<KeyFields> ParseKeyFields(absl::string_view text) {
  // Only the first two '+' separate: base64 has that character too.
  const size_t first = text.find('+');
  const size_t second = first == absl::string_view::npos ? first : text.find('+', first + 1);
  if (second == absl::string_view::npos) {
    return Malformed("a key is name+id+base64; a '+' is missing");
  }
  const absl::string_view name = text.substr(0, first);
  const absl::string_view id_hex = text.substr(first + 1, second - first - 1);
  if (absl::Status status = CheckKeyName(name); !status.ok()) return status;
  if (id_hex.size() != kIdDigits || !ParseHex(id_hex).ok()) {
    return Malformed("a key ID is 8 lower-case hex digits");
  }
  absl::StatusOr<std::string> blob = ParseBase64(text.substr(second + 1));
  if (!blob.ok()) return Malformed(absl::StrCat("the key is ", blob.status().message()));
  const absl::Cleanup wipe = [&blob] { OPENSSL_cleanse(blob->data(), blob->size()); };
  if (blob->empty()) return Malformed("the key is empty");
  absl::StatusOr<KeyType> type = ParseKeyType(blob->front());
  if (!type.ok()) return type.status();
  return KeyFields{std::string(name), std::string(id_hex), *type, blob->substr(1)};
}

absl::Status CheckKeyId(const KeyFields& fields, const VerifierKey& key) {
  if (key.id().Hex() == fields.id_hex) return absl::OkStatus();
  return Malformed(absl::StrCat("the key ID of this name and key is ", key.id().Hex(), ", not ",
                                fields.id_hex, "; check that nothing was altered"));
}

}  // namespace

absl::StatusOr<KeyId> KeyId::FromBytes(absl::string_view raw) {
  if (raw.size() != kSize) {
    return Malformed(absl::StrCat("a key ID is ", kSize, " bytes, got ", raw.size()));
  }
  KeyId id;
  std::memcpy(id.bytes.data(), raw.data(), kSize);
  return id;
}

std::string KeyId::Hex() const { return FormatHex(view()); }

KeyId ComputeKeyId(absl::string_view name, KeyType type, const PublicKey& public_key) {
  const char type_byte = static_cast<char>(type);
  const Hash hash =
      merkle::Sha256(absl::StrCat(name, "\n", absl::string_view(&type_byte, 1), public_key.view()));
  KeyId id;
  std::copy_n(hash.bytes.begin(), KeyId::kSize, id.bytes.begin());
  return id;
}

absl::Status CheckKeyName(absl::string_view name) {
  if (name.empty()) return Malformed("a key name is missing");
  if (!IsValidUtf8(name)) return Malformed("a key name is not valid UTF-8");
  if (HasUnicodeSpace(name)) return Malformed("a key name may not have white space");
  if (absl::StrContains(name, '+')) return Malformed("a key name may not have a '+'");
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20) {
      return Malformed("a key name may not have control characters");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<VerifierKey> MakeVerifierKey(absl::string_view name, KeyType type,
                                            const PublicKey& public_key) {
  if (absl::Status status = CheckKeyName(name); !status.ok()) return status;
  if (absl::Status status = CheckPublicKey(public_key); !status.ok()) return status;
  return VerifierKey(std::string(name), type, public_key);
}

absl::StatusOr<VerifierKey> VerifierKey::Parse(absl::string_view vkey) {
  absl::StatusOr<KeyFields> fields = ParseKeyFields(vkey);
  if (!fields.ok()) return fields.status();
  absl::StatusOr<PublicKey> public_key = PublicKey::FromBytes(fields->material);
  if (!public_key.ok()) return public_key.status();
  absl::StatusOr<VerifierKey> key = MakeVerifierKey(fields->name, fields->type, *public_key);
  if (!key.ok()) return key.status();
  if (absl::Status status = CheckKeyId(*fields, *key); !status.ok()) return status;
  return key;
}

std::string VerifierKey::Format() const {
  const char type = static_cast<char>(type_);
  return absl::StrCat(name_, "+", id_.Hex(), "+",
                      FormatBase64(absl::StrCat(absl::string_view(&type, 1), public_key_.view())));
}

absl::StatusOr<SignerKey> MakeSignerKey(absl::string_view name, KeyType type,
                                        PrivateKey private_key) {
  absl::StatusOr<VerifierKey> verifier_key = MakeVerifierKey(name, type, private_key.public_key());
  if (!verifier_key.ok()) return verifier_key.status();
  return SignerKey(*std::move(verifier_key), std::move(private_key));
}

absl::StatusOr<SignerKey> GenerateSignerKey(absl::string_view name, KeyType type) {
  return MakeSignerKey(name, type, PrivateKey::Generate());
}

absl::StatusOr<SignerKey> SignerKey::Parse(absl::string_view text) {
  if (!absl::StartsWith(text, kPrivatePrefix)) {
    return Malformed("a private key begins with PRIVATE+KEY+");
  }
  absl::StatusOr<KeyFields> fields = ParseKeyFields(text.substr(kPrivatePrefix.size()));
  if (!fields.ok()) return fields.status();
  const absl::Cleanup wipe = [&fields] {
    OPENSSL_cleanse(fields->material.data(), fields->material.size());
  };
  absl::StatusOr<PrivateKey> private_key = PrivateKey::FromSeed(fields->material);
  if (!private_key.ok()) return private_key.status();
  absl::StatusOr<SignerKey> key =
      MakeSignerKey(fields->name, fields->type, *std::move(private_key));
  if (!key.ok()) return key.status();
  if (absl::Status status = CheckKeyId(*fields, key->verifier_key()); !status.ok()) return status;
  return key;
}

std::string SignerKey::FormatSecret() const {
  std::array<uint8_t, PrivateKey::kSeedSize> seed = private_key_.ExportSeed();
  std::string blob(1 + seed.size(), static_cast<char>(type()));
  std::copy(seed.begin(), seed.end(), blob.begin() + 1);
  std::string base64 = FormatBase64(blob);
  std::string text =
      absl::StrCat(kPrivatePrefix, name(), "+", verifier_key_.id().Hex(), "+", base64);
  OPENSSL_cleanse(seed.data(), seed.size());
  OPENSSL_cleanse(blob.data(), blob.size());
  OPENSSL_cleanse(base64.data(), base64.size());
  return text;
}

}  // namespace cairn::note
