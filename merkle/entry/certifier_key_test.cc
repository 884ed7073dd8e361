#include "merkle/entry/certifier_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "merkle/entry/samples.h"
#include "merkle/note/key.h"
#include "merkle/note/text.h"

namespace cairn::entry {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

note::SignerKey KeyNamed(const std::string& name, note::KeyType type = note::KeyType::kEd25519) {
  return note::MakeSignerKey(name, type, SampleKey()).value();
}

std::string Vkey(const std::string& name, note::KeyType type = note::KeyType::kEd25519) {
  return KeyNamed(name, type).verifier_key().Format();
}

std::string Bare() { return note::FormatBase64(SampleKey().public_key().view()); }

void ExpectRefused(const std::string& text, const std::string& reason) {
  const absl::Status status = ParseCertifierKey(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
}

TEST(ParseCertifierKey, TakesAVkeyOfThatNameAndBareBase64) {
  const CertifierKey wanted{.name = "acme", .key = SampleKey().public_key()};
  EXPECT_EQ(ParseCertifierKey("acme=" + Vkey("acme")).value(), wanted);
  EXPECT_EQ(ParseCertifierKey("acme=" + Bare()).value(), wanted);
  EXPECT_EQ(ParseCertifierKey("acme", Vkey("acme")).value(), wanted.key);
  EXPECT_EQ(ParseCertifierKey("acme", Bare()).value(), wanted.key);
}

TEST(ParseCertifierKey, TakesTheLongestAndTheShortestName) {
  for (const std::string& name :
       {std::string("a"), std::string(64, 'z'), std::string("A.b_c:d-9")}) {
    EXPECT_EQ(ParseCertifierKey(absl::StrCat(name, "=", Vkey(name)))->name, name);
    EXPECT_EQ(ParseCertifierKey(absl::StrCat(name, "=", Bare()))->name, name);
  }
}

TEST(ParseCertifierKey, RefusesTheVkeyOfAnotherName) {
  ExpectRefused("acme=" + Vkey("other"), "the vkey is that of `other`, not of certifier `acme`");
  ExpectRefused("acme=" + Vkey("Acme"), "the vkey is that of `Acme`, not of certifier `acme`");
  ExpectRefused("acme= " + Vkey("acme"), "may not have white space");
}

TEST(ParseCertifierKey, RefusesAKeyOfAnotherType) {
  ExpectRefused("acme=" + Vkey("acme", note::KeyType::kCosignature), "not of type 0x01");
}

TEST(ParseCertifierKey, RefusesAVkeyThatWasAltered) {
  std::string vkey = Vkey("acme");
  vkey[6] = vkey[6] == '0' ? '1' : '0';
  ExpectRefused("acme=" + vkey, "the vkey is refused: the key ID");
  ExpectRefused("acme=" + Vkey("acme") + "A", "the vkey is refused");
}

TEST(ParseCertifierKey, RefusesAPrivateKeyWithoutRepeatingIt) {
  const std::string secret = KeyNamed("acme").FormatSecret();
  const absl::Status status = ParseCertifierKey("acme", secret).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("private key"), Not(HasSubstr(secret.substr(20)))));
}

TEST(ParseCertifierKey, RefusesNamesThatNoCertifierHas) {
  ExpectRefused("=" + Bare(), "certifier name is empty");
  ExpectRefused("a b=" + Bare(), "certifier name has a character at position 1");
  ExpectRefused(std::string(65, 'a') + "=" + Bare(), "certifier name has 65 bytes");
  ExpectRefused("anonymous=" + Bare(), "`anonymous` is reserved");
}

TEST(ParseCertifierKey, RefusesWhatIsNoKey) {
  ExpectRefused("acme", "the '=' is missing");
  ExpectRefused("acme=", "neither a vkey");
  ExpectRefused("acme=" + Bare().substr(1), "neither a vkey");
  ExpectRefused("acme=" + note::FormatBase64(std::string(31, 'x')), "neither a vkey");
  ExpectRefused("acme=" + note::FormatBase64(std::string(33, 'x')), "neither a vkey");
  ExpectRefused("acme=" + Bare() + " ", "the vkey is refused");
  // Of small order: whoever knows no private key could sign with it.
  ExpectRefused("acme=" + note::FormatBase64(std::string(32, '\0')), "the key is refused");
}

}  // namespace
}  // namespace cairn::entry
