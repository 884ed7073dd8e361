#include "merkle/signature/ed25519.h"

#include <sodium.h>

#include <algorithm>
#include <cassert>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace cairn {
namespace {

// Encoded points are the y coordinate, little-endian, with the sign of x in the top bit.
using Encoding = std::array<uint8_t, 32>;

constexpr uint8_t kSignBit = 0x80;

// The y coordinates of the eight points of small order. The two with x = 0 (y = 1 and y = -1) also
// have an encoding with the sign set; ignoring the sign refuses those with the others.
constexpr Encoding kSmallOrderY[] = {
    {},      // 0: order 4.
    {0x01},  // 1: the identity.
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},  // Order 8.
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},  // Order 8.
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},  // -1: order 2.
};

// Little-endian p = 2^255 - 19 and L = 2^252 + 27742317777372353535851937790883648493.
constexpr Encoding kFieldPrime = {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
constexpr Encoding kGroupOrder = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10};

bool IsBelow(const Encoding& value, const Encoding& bound) {
  return std::lexicographical_compare(value.rbegin(), value.rend(), bound.rbegin(), bound.rend());
}

absl::Status CheckPoint(Encoding point, absl::string_view what) {
  point.back() &= static_cast<uint8_t>(~kSignBit);
  if (!IsBelow(point, kFieldPrime)) {
    return absl::InvalidArgumentError(absl::StrCat(what, " is not in canonical encoding"));
  }
  if (std::find(std::begin(kSmallOrderY), std::end(kSmallOrderY), point) !=
      std::end(kSmallOrderY)) {
    return absl::InvalidArgumentError(absl::StrCat(what, " is of small order"));
  }
  return absl::OkStatus();
}

const uint8_t* Bytes(absl::string_view view) {
  return reinterpret_cast<const uint8_t*>(view.data());
}

void StartLibrary() {
  static const bool started = sodium_init() >= 0;
  assert(started && "libsodium could not start");
}

}  // namespace

void internal::SecretDeleter::operator()(SecretKey* secret) const {
  sodium_memzero(secret->data(), secret->size());
  delete secret;
}

absl::StatusOr<PublicKey> PublicKey::FromBytes(absl::string_view raw) {
  if (raw.size() != kSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("an Ed25519 public key is ", kSize, " bytes, got ", raw.size()));
  }
  PublicKey key;
  std::memcpy(key.bytes.data(), raw.data(), kSize);
  return key;
}

absl::StatusOr<Signature> Signature::FromBytes(absl::string_view raw) {
  if (raw.size() != kSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("an Ed25519 signature is ", kSize, " bytes, got ", raw.size()));
  }
  Signature signature;
  std::memcpy(signature.bytes.data(), raw.data(), kSize);
  return signature;
}

absl::Status CheckPublicKey(const PublicKey& key) {
  return CheckPoint(key.bytes, "the public key");
}

absl::Status Verify(const PublicKey& key, absl::string_view message, const Signature& signature) {
  if (absl::Status status = CheckPublicKey(key); !status.ok()) return status;
  Encoding r;
  Encoding s;
  std::copy_n(signature.bytes.begin(), r.size(), r.begin());
  std::copy_n(signature.bytes.begin() + r.size(), s.size(), s.begin());
  if (absl::Status status = CheckPoint(r, "the signature's R"); !status.ok()) return status;
  if (!IsBelow(s, kGroupOrder)) {
    return absl::InvalidArgumentError("the signature's S is not below the group order");
  }
  StartLibrary();
  if (crypto_sign_verify_detached(signature.bytes.data(), Bytes(message), message.size(),
                                  key.bytes.data()) != 0) {
    return absl::InvalidArgumentError("the signature is not by this key over this message");
  }
  return absl::OkStatus();
}

PrivateKey::PrivateKey(const uint8_t* seed) : secret_(new internal::SecretKey) {
  crypto_sign_seed_keypair(public_key_.bytes.data(), secret_->data(), seed);
}

PrivateKey PrivateKey::Generate() {
  StartLibrary();
  std::array<uint8_t, kSeedSize> seed;
  randombytes_buf(seed.data(), seed.size());
  PrivateKey key(seed.data());
  sodium_memzero(seed.data(), seed.size());
  return key;
}

absl::StatusOr<PrivateKey> PrivateKey::FromSeed(absl::string_view seed) {
  if (seed.size() != kSeedSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("an Ed25519 seed is ", kSeedSize, " bytes, got ", seed.size()));
  }
  StartLibrary();
  return PrivateKey(Bytes(seed));
}

Signature PrivateKey::Sign(absl::string_view message) const {
  Signature signature;
  crypto_sign_detached(signature.bytes.data(), nullptr, Bytes(message), message.size(),
                       secret_->data());
  return signature;
}

std::array<uint8_t, PrivateKey::kSeedSize> PrivateKey::ExportSeed() const {
  std::array<uint8_t, kSeedSize> seed;
  crypto_sign_ed25519_sk_to_seed(seed.data(), secret_->data());
  return seed;
}

}  // namespace cairn
