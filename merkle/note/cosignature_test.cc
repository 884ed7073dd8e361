#include "merkle/note/cosignature.h"

#include <string>

#include "gtest/gtest.h"
#include "merkle/note/note_testing.h"

namespace cairn::note {
namespace {

constexpr absl::string_view kText =
    "log.example/one\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
constexpr uint64_t kMaxTime = 9223372036854775807u;

SignerKey Key() { return TestKey("witness.example", 'w', KeyType::kCosignature); }

TEST(CosignatureMessage, PutsTheTimeBeforeTheText) {
  EXPECT_EQ(CosignatureMessage(1700000000, "a\nb\n"), "cosignature/v1\ntime 1700000000\na\nb\n");
}

TEST(Cosign, MakesWhatVerifies) {
  for (const uint64_t time : {uint64_t{0}, uint64_t{1}, uint64_t{1700000000}, kMaxTime}) {
    absl::StatusOr<std::string> signature = Cosign(Key(), time, kText);
    ASSERT_TRUE(signature.ok()) << signature.status();
    EXPECT_EQ(signature->size(), 72u);
    absl::StatusOr<uint64_t> verified = VerifyCosignature(Key().verifier_key(), kText, *signature);
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(*verified, time);
  }
  EXPECT_EQ(Cosign(Key(), 0x0102030405060708, kText)->substr(0, 8),
            "\x01\x02\x03\x04\x05\x06\x07\x08");
}

TEST(Cosign, RefusesTimesAndKeysThatCannotCosign) {
  ExpectMalformed(Cosign(Key(), kMaxTime + 1, kText).status(), "above 2^63 - 1");
  ExpectMalformed(Cosign(TestKey("log", 'a'), 1, kText).status(), "need a key of type 0x04");
}

TEST(VerifyCosignature, RefusesEveryMutant) {
  const VerifierKey key = Key().verifier_key();
  const std::string signature = *Cosign(Key(), 1700000000, kText);
  for (const std::string& mutant : Mutants(signature)) {
    EXPECT_EQ(VerifyCosignature(key, kText, mutant).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  for (const std::string& mutant : Mutants(kText)) {
    ExpectMalformed(VerifyCosignature(key, mutant, signature).status(), "not by this key");
  }
}

TEST(VerifyCosignature, NamesWhatIsWrong) {
  const VerifierKey key = Key().verifier_key();
  const std::string signature = *Cosign(Key(), 1, kText);
  ExpectMalformed(VerifyCosignature(key, kText, "").status(), "72 bytes, got 0");
  ExpectMalformed(VerifyCosignature(key, kText, signature.substr(8)).status(), "72 bytes, got 64");
  ExpectMalformed(VerifyCosignature(key, kText, "\x80" + signature.substr(1)).status(),
                  "above 2^63 - 1");
  ExpectMalformed(VerifyCosignature(TestKey("log", 'a').verifier_key(), kText, signature).status(),
                  "need a key of type 0x04");
  // The signature over the bare text, as a log makes it, is no cosignature.
  const std::string bare = signature.substr(0, 8) + std::string(Key().Sign(kText).view());
  ExpectMalformed(VerifyCosignature(key, kText, bare).status(), "not by this key");
}

}  // namespace
}  // namespace cairn::note
