#include "merkle/signature/ed25519.h"

#include <openssl/bn.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

constexpr absl::string_view kSmallOrder = "is of small order";
constexpr absl::string_view kNotCanonical = "is not in canonical encoding";

PrivateKey Key(char seed) {
  return *PrivateKey::FromSeed(std::string(PrivateKey::kSeedSize, seed));
}

PublicKey PublicKeyFromHex(absl::string_view hex) {
  return *PublicKey::FromBytes(absl::HexStringToBytes(hex));
}

// A little-endian field element: p + `offset`, with the sign bit as given.
std::array<uint8_t, 32> FieldPrimePlus(int offset, bool sign) {
  std::array<uint8_t, 32> bytes;
  bytes.fill(0xFF);
  bytes[0] = static_cast<uint8_t>(0xED + offset);
  bytes[31] = sign ? 0xFF : 0x7F;
  return bytes;
}

void ExpectRefused(const absl::Status& status, absl::string_view reason) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_NE(status.message().find(reason), absl::string_view::npos) << status;
}

// RFC 8032 section 7.1, tests 1 to 3.
TEST(PrivateKey, SignsAsTheRfcShows) {
  struct Case {
    absl::string_view seed, public_key, message, signature;
  };
  const Case cases[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf"
       "9b"
       "46bd25bf5f0595bbe24655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f"
       "11"
       "d8c387b2eaeb4302aeeb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984"
       "dc"
       "6594a7c15e9716ed28dc027beceea1ec40a"},
  };
  for (const Case& c : cases) {
    absl::StatusOr<PrivateKey> key = PrivateKey::FromSeed(absl::HexStringToBytes(c.seed));
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(absl::BytesToHexString(key->public_key().view()), c.public_key);
    const std::string message = absl::HexStringToBytes(c.message);
    const Signature signature = key->Sign(message);
    EXPECT_EQ(absl::BytesToHexString(signature.view()), c.signature);
    EXPECT_TRUE(Verify(key->public_key(), message, signature).ok());
  }
}

TEST(PrivateKey, GeneratesKeysThatDifferAndSign) {
  const PrivateKey a = PrivateKey::Generate();
  const PrivateKey b = PrivateKey::Generate();
  EXPECT_NE(a.public_key(), b.public_key());
  EXPECT_TRUE(Verify(a.public_key(), "m", a.Sign("m")).ok());
  ExpectRefused(Verify(b.public_key(), "m", a.Sign("m")), "not by this key");
}

TEST(PrivateKey, ComesBackFromItsExportedSeed) {
  const PrivateKey key = PrivateKey::Generate();
  const std::array<uint8_t, 32> seed = key.ExportSeed();
  absl::StatusOr<PrivateKey> again =
      PrivateKey::FromSeed({reinterpret_cast<const char*>(seed.data()), seed.size()});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->public_key(), key.public_key());
}

TEST(PrivateKey, RefusesSeedsOfOtherLengths) {
  ExpectRefused(PrivateKey::FromSeed(std::string(31, 'a')).status(), "seed is 32 bytes, got 31");
  ExpectRefused(PrivateKey::FromSeed(std::string(33, 'a')).status(), "seed is 32 bytes, got 33");
}

TEST(PrivateKey, MovesWithItsKey) {
  PrivateKey from = Key('k');
  const Signature signature = from.Sign("m");
  PrivateKey to = std::move(from);
  EXPECT_EQ(to.Sign("m"), signature);
}

TEST(PublicKey, RefusesOtherLengths) {
  ExpectRefused(PublicKey::FromBytes(std::string(31, 'a')).status(), "public key is 32 bytes");
  ExpectRefused(PublicKey::FromBytes(std::string(33, 'a')).status(), "public key is 32 bytes");
  ExpectRefused(Signature::FromBytes(std::string(63, 'a')).status(), "signature is 64 bytes");
  ExpectRefused(Signature::FromBytes(std::string(65, 'a')).status(), "signature is 64 bytes");
}

TEST(Verify, RefusesEveryFlippedBit) {
  const PrivateKey key = Key('k');
  const std::string message = "message";
  const Signature signature = key.Sign(message);
  for (size_t bit = 0; bit < 8 * Signature::kSize; ++bit) {
    Signature mutant = signature;
    mutant.bytes[bit / 8] ^= 1 << (bit % 8);
    EXPECT_EQ(Verify(key.public_key(), message, mutant).code(), absl::StatusCode::kInvalidArgument)
        << "signature bit " << bit;
  }
  for (size_t bit = 0; bit < 8 * PublicKey::kSize; ++bit) {
    PublicKey mutant = key.public_key();
    mutant.bytes[bit / 8] ^= 1 << (bit % 8);
    EXPECT_EQ(Verify(mutant, message, signature).code(), absl::StatusCode::kInvalidArgument)
        << "key bit " << bit;
  }
  for (size_t bit = 0; bit < 8 * message.size(); ++bit) {
    std::string mutant = message;
    mutant[bit / 8] ^= 1 << (bit % 8);
    ExpectRefused(Verify(key.public_key(), mutant, signature), "not by this key");
  }
}

// S + L satisfies the same equation; only the bound refuses it.
TEST(Verify, RefusesSThatIsNotReduced) {
  const PrivateKey key = Key('k');
  Signature signature = key.Sign("m");
  BIGNUM* order = nullptr;
  ASSERT_GT(BN_dec2bn(&order,
                      "7237005577332262213973186563042994240857116359379907606001950938285"
                      "454250989"),
            0);
  BIGNUM* s = BN_lebin2bn(signature.bytes.data() + 32, 32, nullptr);
  ASSERT_EQ(BN_add(s, s, order), 1);
  ASSERT_EQ(BN_bn2lebinpad(s, signature.bytes.data() + 32, 32), 32);
  ExpectRefused(Verify(key.public_key(), "m", signature), "S is not below the group order");
  ASSERT_EQ(BN_bn2lebinpad(order, signature.bytes.data() + 32, 32), 32);
  ExpectRefused(Verify(key.public_key(), "m", signature), "S is not below the group order");
  ASSERT_EQ(BN_sub_word(order, 1), 1);
  ASSERT_EQ(BN_bn2lebinpad(order, signature.bytes.data() + 32, 32), 32);
  ExpectRefused(Verify(key.public_key(), "m", signature), "not by this key");
  BN_free(s);
  BN_free(order);
}

TEST(Verify, RefusesEveryNonCanonicalEncoding) {
  const Signature signature = Key('k').Sign("m");
  for (int offset = 0; offset < 19; ++offset) {
    for (const bool sign : {false, true}) {
      const PublicKey key{FieldPrimePlus(offset, sign)};
      ExpectRefused(CheckPublicKey(key), kNotCanonical);
      ExpectRefused(Verify(key, "m", signature), kNotCanonical);
      Signature with_r = signature;
      std::copy(key.bytes.begin(), key.bytes.end(), with_r.bytes.begin());
      ExpectRefused(Verify(Key('k').public_key(), "m", with_r), kNotCanonical);
    }
  }
}

TEST(Verify, RefusesPointsOfSmallOrderWithEitherSign) {
  const Signature signature = Key('k').Sign("m");
  for (const absl::string_view hex :
       {"0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    for (const uint8_t sign : {0x00, 0x80}) {
      PublicKey key = PublicKeyFromHex(hex);
      key.bytes[31] |= sign;
      ExpectRefused(CheckPublicKey(key), kSmallOrder);
      ExpectRefused(Verify(key, "m", signature), kSmallOrder);
      Signature with_r = signature;
      std::copy(key.bytes.begin(), key.bytes.end(), with_r.bytes.begin());
      ExpectRefused(Verify(Key('k').public_key(), "m", with_r), "the signature's R is of small");
    }
  }
}

TEST(Verify, RefusesAKeyThatIsNoPoint) {
  // y = 2 has no x on the curve.
  const PublicKey key =
      PublicKeyFromHex("0200000000000000000000000000000000000000000000000000000000000000");
  EXPECT_TRUE(CheckPublicKey(key).ok());
  ExpectRefused(Verify(key, "m", Key('k').Sign("m")), "not by this key");
}

// Another implementation signs what ours signs, byte for byte, and verifies it.
TEST(PrivateKey, SignsAsOpenSslDoes) {
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
  for (size_t size = 0; size < 300; ++size) {
    const std::string message(size, static_cast<char>(size));
    const PrivateKey key = PrivateKey::Generate();
    const Signature signature = key.Sign(message);
    const auto* const bytes = reinterpret_cast<const uint8_t*>(message.data());
    const std::array<uint8_t, 32> seed = key.ExportSeed();
    const Key theirs(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()),
        EVP_PKEY_free);
    ASSERT_NE(theirs, nullptr);
    PublicKey public_key;
    size_t length = PublicKey::kSize;
    ASSERT_EQ(EVP_PKEY_get_raw_public_key(theirs.get(), public_key.bytes.data(), &length), 1);
    EXPECT_EQ(public_key, key.public_key());
    Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    Signature of_theirs;
    length = Signature::kSize;
    ASSERT_EQ(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, theirs.get()), 1);
    ASSERT_EQ(EVP_DigestSign(context.get(), of_theirs.bytes.data(), &length, bytes, size), 1);
    EXPECT_EQ(of_theirs, signature);
    context.reset(EVP_MD_CTX_new());
    ASSERT_EQ(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, theirs.get()), 1);
    EXPECT_EQ(EVP_DigestVerify(context.get(), signature.bytes.data(), length, bytes, size), 1);
    EXPECT_TRUE(Verify(public_key, message, of_theirs).ok());
  }
}

}  // namespace
}  // namespace cairn
