// Names, IDs and text forms of the keys that sign notes.
//
// Source: C2SP signed-note v1.0.0 and tlog-cosignature v1.0.1. The text form of a private key is
//   the one of Go's sumdb/note.
// Shape: vkey         name+hhhhhhhh+base64(type || public key)
//        private key  PRIVATE+KEY+name+hhhhhhhh+base64(type || seed)
//        key ID       first 4 bytes of SHA-256(name || 0x0A || type || public key)
//   A name is non-empty valid UTF-8 without Unicode white space, control characters and '+'.
// Errors: kInvalidArgument; the message says which part is wrong. Key IDs are always recomputed.
// Threads: immutable after construction.

#ifndef CAIRN_MERKLE_NOTE_KEY_H_
#define CAIRN_MERKLE_NOTE_KEY_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/signature/ed25519.h"

namespace cairn::note {

// Signature types that can be verified here. Persistent: C2SP numbers.
enum class KeyType : uint8_t {
  kEd25519 = 0x01,      // Over the note's text.
  kCosignature = 0x04,  // Ed25519 over a time and the note's text: cosignature/v1.
};

struct KeyId {
  static constexpr size_t kSize = 4;

  std::array<uint8_t, kSize> bytes{};

  static absl::StatusOr<KeyId> FromBytes(absl::string_view raw);

  absl::string_view view() const {
    return absl::string_view(reinterpret_cast<const char*>(bytes.data()), kSize);
  }
  // 8 lower-case hex digits.
  std::string Hex() const;

  friend auto operator<=>(const KeyId&, const KeyId&) = default;
};

KeyId ComputeKeyId(absl::string_view name, KeyType type, const PublicKey& public_key);

absl::Status CheckKeyName(absl::string_view name);

// A public key under a name: what a verifier trusts.
class VerifierKey {
 public:
  // Types other than those of KeyType are refused: their signatures cannot be verified here.
  static absl::StatusOr<VerifierKey> Parse(absl::string_view vkey);
  std::string Format() const;

  const std::string& name() const { return name_; }
  KeyType type() const { return type_; }
  const KeyId& id() const { return id_; }
  const PublicKey& public_key() const { return public_key_; }

  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;

 private:
  friend absl::StatusOr<VerifierKey> MakeVerifierKey(absl::string_view name, KeyType type,
                                                     const PublicKey& public_key);
  VerifierKey(std::string name, KeyType type, const PublicKey& public_key)
      : name_(std::move(name)),
        type_(type),
        id_(ComputeKeyId(name_, type, public_key)),
        public_key_(public_key) {}

  std::string name_;
  KeyType type_;
  KeyId id_;
  PublicKey public_key_;
};

// Refuses malformed names and what CheckPublicKey refuses.
absl::StatusOr<VerifierKey> MakeVerifierKey(absl::string_view name, KeyType type,
                                            const PublicKey& public_key);

// A private key under a name. Move-only.
class SignerKey {
 public:
  // `text` without a line end: who reads a key file removes exactly one. The caller wipes `text`.
  static absl::StatusOr<SignerKey> Parse(absl::string_view text);
  // Secret. The caller wipes it and never prints it anywhere but into the key file.
  std::string FormatSecret() const;

  const std::string& name() const { return verifier_key_.name(); }
  KeyType type() const { return verifier_key_.type(); }
  const VerifierKey& verifier_key() const { return verifier_key_; }

  // The bare Ed25519 signature over `message`.
  Signature Sign(absl::string_view message) const { return private_key_.Sign(message); }

 private:
  friend absl::StatusOr<SignerKey> MakeSignerKey(absl::string_view name, KeyType type,
                                                 PrivateKey private_key);
  SignerKey(VerifierKey verifier_key, PrivateKey private_key)
      : verifier_key_(std::move(verifier_key)), private_key_(std::move(private_key)) {}

  VerifierKey verifier_key_;
  PrivateKey private_key_;
};

absl::StatusOr<SignerKey> MakeSignerKey(absl::string_view name, KeyType type,
                                        PrivateKey private_key);

// A fresh key. For a log the name is its origin.
absl::StatusOr<SignerKey> GenerateSignerKey(absl::string_view name,
                                            KeyType type = KeyType::kEd25519);

}  // namespace cairn::note

#endif  // CAIRN_MERKLE_NOTE_KEY_H_
