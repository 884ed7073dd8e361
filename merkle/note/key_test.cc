#include "merkle/note/key.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "merkle/note/note_testing.h"
#include "merkle/note/text.h"

namespace cairn::note {
namespace {

constexpr absl::string_view kName = "log.example/one";

// A vkey with the right ID for any type byte and material.
std::string Vkey(absl::string_view name, absl::string_view blob) {
  const Hash hash = merkle::Sha256(absl::StrCat(name, "\n", blob));
  return absl::StrCat(name, "+", FormatHex(hash.view().substr(0, 4)), "+", FormatBase64(blob));
}

std::string Blob(char type, absl::string_view material) {
  return absl::StrCat(std::string(1, type), material);
}

TEST(VerifierKey, ComesBackFromItsText) {
  for (const KeyType type : {KeyType::kEd25519, KeyType::kCosignature}) {
    const VerifierKey key = TestKey(kName, 'a', type).verifier_key();
    absl::StatusOr<VerifierKey> again = VerifierKey::Parse(key.Format());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, key);
    EXPECT_EQ(again->Format(), key.Format());
    EXPECT_EQ(key.Format(), Vkey(kName, Blob(static_cast<char>(type), key.public_key().view())));
  }
}

TEST(VerifierKey, HasAnotherIdPerNameAndType) {
  const VerifierKey key = TestKey(kName, 'a').verifier_key();
  EXPECT_NE(key.id(), TestKey("log.example/two", 'a').verifier_key().id());
  EXPECT_NE(key.id(), TestKey(kName, 'a', KeyType::kCosignature).verifier_key().id());
  EXPECT_NE(key.id(), TestKey(kName, 'b').verifier_key().id());
}

// Found by search: the base64 of this key has a '+'.
TEST(VerifierKey, SplitsAtTheFirstTwoPlusSignsOnly) {
  for (char seed = 0; seed < 127; ++seed) {
    const VerifierKey key = TestKey(kName, seed).verifier_key();
    const std::string text = key.Format();
    if (text.rfind('+') == text.find('+', text.find('+') + 1)) continue;
    absl::StatusOr<VerifierKey> again = VerifierKey::Parse(text);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, key);
    return;
  }
  FAIL() << "no key with a '+' in its base64";
}

TEST(VerifierKey, RefusesEveryMutant) {
  const std::string text = TestKey("n", 'a').verifier_key().Format();
  for (const std::string& mutant : Mutants(text)) {
    EXPECT_EQ(VerifierKey::Parse(mutant).status().code(), absl::StatusCode::kInvalidArgument)
        << mutant;
  }
}

TEST(VerifierKey, NamesWhatIsWrong) {
  const VerifierKey key = TestKey(kName, 'a').verifier_key();
  const std::string text = key.Format();
  const auto parse = [](absl::string_view vkey) { return VerifierKey::Parse(vkey).status(); };
  ExpectMalformed(parse(""), "a '+' is missing");
  ExpectMalformed(parse("name"), "a '+' is missing");
  ExpectMalformed(parse("name+00000000"), "a '+' is missing");
  ExpectMalformed(parse("+00000000+AA=="), "name is missing");
  ExpectMalformed(parse("name+0000000+AA=="), "8 lower-case hex digits");
  ExpectMalformed(parse("name+0000000G+AA=="), "8 lower-case hex digits");
  ExpectMalformed(parse("name+ABCDEF01+AA=="), "8 lower-case hex digits");
  ExpectMalformed(parse("name+00000000+AA"), "not canonical base64");
  ExpectMalformed(parse("name+00000000+"), "the key is empty");
  ExpectMalformed(parse(absl::StrReplaceAll(text, {{kName, "log.example/two"}})),
                  "the key ID of this name and key is");
}

TEST(VerifierKey, RefusesTypesThatCannotBeVerifiedHere) {
  const std::string material(TestKey(kName, 'a').verifier_key().public_key().view());
  for (int type = 0; type < 256; ++type) {
    const absl::Status status =
        VerifierKey::Parse(Vkey(kName, Blob(static_cast<char>(type), material))).status();
    if (type == 0x01 || type == 0x04) {
      EXPECT_TRUE(status.ok()) << status;
    } else {
      ExpectMalformed(status, "cannot be verified here");
    }
  }
  ExpectMalformed(VerifierKey::Parse(Vkey(kName, Blob(0x06, std::string(1312, 'a')))).status(),
                  "type 0x06 cannot be verified here");
}

TEST(VerifierKey, RefusesKeysOfOtherLengthsAndOfSmallOrder) {
  ExpectMalformed(VerifierKey::Parse(Vkey(kName, Blob(1, std::string(31, 'a')))).status(),
                  "32 bytes, got 31");
  ExpectMalformed(VerifierKey::Parse(Vkey(kName, Blob(1, std::string(36, 'a')))).status(),
                  "32 bytes, got 36");
  ExpectMalformed(VerifierKey::Parse(Vkey(kName, Blob(1, std::string(32, '\0')))).status(),
                  "small order");
}

TEST(CheckKeyName, TakesUnicodeWithoutWhiteSpace) {
  for (const char* name :
       {"a", "log.example/one", "\xC3\xA9t\xC3\xA9", "\xE2\x80\x94", "a-b_c:d"}) {
    EXPECT_TRUE(CheckKeyName(name).ok()) << name;
  }
  ExpectMalformed(CheckKeyName(""), "missing");
  ExpectMalformed(CheckKeyName("a b"), "white space");
  ExpectMalformed(CheckKeyName("a\nb"), "white space");
  ExpectMalformed(CheckKeyName("a\xC2\xA0"
                               "b"),
                  "white space");
  ExpectMalformed(CheckKeyName("a\xE3\x80\x80"), "white space");
  ExpectMalformed(CheckKeyName("a+b"), "'+'");
  ExpectMalformed(CheckKeyName("a\x01"), "control characters");
  ExpectMalformed(CheckKeyName("a\xFF"), "UTF-8");
  ExpectMalformed(MakeVerifierKey("a b", KeyType::kEd25519, PublicKey{}).status(), "white space");
}

TEST(KeyId, NeedsFourBytes) {
  EXPECT_EQ(KeyId::FromBytes("\x01\x02\x03\xFF")->Hex(), "010203ff");
  ExpectMalformed(KeyId::FromBytes("abc").status(), "4 bytes, got 3");
  ExpectMalformed(KeyId::FromBytes("abcde").status(), "4 bytes, got 5");
}

TEST(SignerKey, ComesBackFromItsText) {
  for (const KeyType type : {KeyType::kEd25519, KeyType::kCosignature}) {
    absl::StatusOr<SignerKey> key = GenerateSignerKey(kName, type);
    ASSERT_TRUE(key.ok()) << key.status();
    absl::StatusOr<SignerKey> again = SignerKey::Parse(key->FormatSecret());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->verifier_key(), key->verifier_key());
    EXPECT_EQ(again->type(), type);
    EXPECT_EQ(again->Sign("m"), key->Sign("m"));
    EXPECT_TRUE(Verify(key->verifier_key().public_key(), "m", key->Sign("m")).ok());
  }
}

TEST(SignerKey, HasTheTextFormOfSumdb) {
  const SignerKey key = TestKey("n", 'a');
  EXPECT_EQ(key.FormatSecret(),
            absl::StrCat("PRIVATE+KEY+n+", key.verifier_key().id().Hex(), "+",
                         FormatBase64(absl::StrCat("\x01", std::string(32, 'a')))));
}

TEST(SignerKey, RefusesEveryMutantWithoutRepeatingIt) {
  const std::string text = TestKey("n", 'a').FormatSecret();
  const std::string secret = text.substr(text.rfind('+') + 1, 20);
  for (const std::string& mutant : Mutants(text)) {
    const absl::Status status = SignerKey::Parse(mutant).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status.message().find(secret), absl::string_view::npos);
  }
}

TEST(SignerKey, NamesWhatIsWrong) {
  const std::string vkey = TestKey("n", 'a').verifier_key().Format();
  ExpectMalformed(SignerKey::Parse(vkey).status(), "begins with PRIVATE+KEY+");
  ExpectMalformed(SignerKey::Parse("PRIVATE+KEY+").status(), "a '+' is missing");
  ExpectMalformed(SignerKey::Parse("PRIVATE+KEY+" + Vkey("n", Blob(1, "short"))).status(),
                  "seed is 32 bytes");
  // The ID must be that of the public key, not of the seed.
  ExpectMalformed(
      SignerKey::Parse("PRIVATE+KEY+" + Vkey("n", Blob(1, std::string(32, 'a')))).status(),
      "the key ID of this name and key is");
  ExpectMalformed(
      SignerKey::Parse("PRIVATE+KEY+" + Vkey("n", Blob(2, std::string(32, 'a')))).status(),
      "type 0x02");
  ExpectMalformed(GenerateSignerKey("not a name").status(), "white space");
}

}  // namespace
}  // namespace cairn::note
