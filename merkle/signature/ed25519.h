// Ed25519 by one rule everywhere, on libsodium.
//
// Source: RFC 8032 section 5.1, verified without the cofactor, with what the RFC leaves open
//   closed: S < L; A and R in canonical encoding; A and R not of small order.
// Shape: public key 32 bytes, signature 64 bytes (R || S), seed 32 bytes.
// Errors: kInvalidArgument for wrong lengths, refused keys and signatures that do not verify; the
//   message names the reason. The process ends when libsodium cannot start (no randomness).
// Threads: const members and free functions may be called from any thread.

#ifndef CAIRN_MERKLE_SIGNATURE_ED25519_H_
#define CAIRN_MERKLE_SIGNATURE_ED25519_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn {

// 32 bytes that claim to be a public key; see CheckPublicKey.
struct PublicKey {
  static constexpr size_t kSize = 32;

  std::array<uint8_t, kSize> bytes{};

  // kInvalidArgument unless `raw` is exactly 32 bytes.
  static absl::StatusOr<PublicKey> FromBytes(absl::string_view raw);

  absl::string_view view() const {
    return absl::string_view(reinterpret_cast<const char*>(bytes.data()), kSize);
  }

  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const PublicKey& key) {
    return H::combine(std::move(h), key.bytes);
  }
};

struct Signature {
  static constexpr size_t kSize = 64;

  std::array<uint8_t, kSize> bytes{};

  // kInvalidArgument unless `raw` is exactly 64 bytes.
  static absl::StatusOr<Signature> FromBytes(absl::string_view raw);

  absl::string_view view() const {
    return absl::string_view(reinterpret_cast<const char*>(bytes.data()), kSize);
  }

  friend auto operator<=>(const Signature&, const Signature&) = default;
};

// Refuses keys in non-canonical encoding and of small order. Does not find out whether the bytes
// are a point at all: `Verify` fails for those that are not.
absl::Status CheckPublicKey(const PublicKey& key);

absl::Status Verify(const PublicKey& key, absl::string_view message, const Signature& signature);

namespace internal {
// The seed, then the public key.
using SecretKey = std::array<uint8_t, 64>;
struct SecretDeleter {
  void operator()(SecretKey* secret) const;  // Wipes it.
};
using SecretHandle = std::unique_ptr<SecretKey, SecretDeleter>;
}  // namespace internal

// A private key. Move-only; wiped on destruction.
class PrivateKey {
 public:
  static constexpr size_t kSeedSize = 32;

  // From the system's randomness.
  static PrivateKey Generate();
  // kInvalidArgument unless `seed` is exactly 32 bytes. The caller wipes its own copy.
  static absl::StatusOr<PrivateKey> FromSeed(absl::string_view seed);

  const PublicKey& public_key() const { return public_key_; }
  // Deterministic: the same key and message give the same signature.
  Signature Sign(absl::string_view message) const;

  // Secret. The caller wipes it and never prints it.
  std::array<uint8_t, kSeedSize> ExportSeed() const;

 private:
  explicit PrivateKey(const uint8_t* seed);

  PublicKey public_key_;
  internal::SecretHandle secret_;
};

}  // namespace cairn

#endif  // CAIRN_MERKLE_SIGNATURE_ED25519_H_
