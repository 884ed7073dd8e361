#include "merkle/note/tlog_proof.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/note/note_testing.h"
#include "merkle/note/text.h"

namespace cairn::note {
namespace {

constexpr absl::string_view kOrigin = "log.example/one";

Hash Leaf(int i) { return merkle::HashLeaf(absl::StrCat("leaf ", i)); }

std::string SignedCheckpoint(uint64_t size, const Hash& root, char seed = 'a') {
  std::vector<SignerKey> keys;
  keys.push_back(TestKey(kOrigin, seed));
  return *CheckpointSigner::Create(std::move(keys))
              ->Sign({std::string(kOrigin), TreeSize(size), root, {}});
}

// Leaf 1 of three.
TlogProof Sample() {
  const Hash root = merkle::HashNode(merkle::HashNode(Leaf(0), Leaf(1)), Leaf(2));
  return {{}, LeafIndex(1), {Leaf(0), Leaf(2)}, SignedCheckpoint(3, root)};
}

VerifierKey LogKey() { return TestKey(kOrigin, 'a').verifier_key(); }

absl::Status Parse(absl::string_view bytes) { return ParseTlogProof(bytes).status(); }

TEST(ParseTlogProof, ComesBackFromItsBytes) {
  for (const std::optional<std::string>& extra :
       {std::optional<std::string>(), std::optional<std::string>(""),
        std::optional<std::string>("more\n")}) {
    TlogProof proof = Sample();
    proof.extra = extra;
    absl::StatusOr<std::string> bytes = FormatTlogProof(proof);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    absl::StatusOr<TlogProof> again = ParseTlogProof(*bytes);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(*again, proof);
    EXPECT_EQ(*FormatTlogProof(*again), *bytes);
  }
}

TEST(ParseTlogProof, HasTheFormOfTheSpecification) {
  TlogProof proof = Sample();
  proof.extra = "x";
  EXPECT_EQ(
      *FormatTlogProof(proof),
      absl::StrCat("c2sp.org/tlog-proof@v1\nextra eA==\nindex 1\n", FormatBase64(Leaf(0).view()),
                   "\n", FormatBase64(Leaf(2).view()), "\n\n", proof.checkpoint));
}

TEST(ParseTlogProof, NamesWhatIsWrong) {
  const std::string bytes = *FormatTlogProof(Sample());
  const auto with = [&bytes](absl::string_view from, absl::string_view to) {
    const std::string mutant = absl::StrReplaceAll(bytes, {{from, to}});
    EXPECT_NE(mutant, bytes);
    return Parse(mutant);
  };
  ExpectMalformed(Parse(""), "begins with the line");
  ExpectMalformed(with("@v1", "@v2"), "begins with the line");
  ExpectMalformed(with("index 1\n", "extra eA\nindex 1\n"), "extra data is not canonical base64");
  ExpectMalformed(with("index 1\n", "index 1\nextra eA==\n"), "a proof's hash: ");
  ExpectMalformed(with("index 1\n", "extra eA==\nextra eA==\nindex 1\n"), "no index line");
  ExpectMalformed(with("index 1\n", ""), "no index line");
  ExpectMalformed(with("index 1\n", "index 01\n"), "leading zeros");
  ExpectMalformed(with("index 1\n", "index -1\n"), "digits 0 to 9");
  ExpectMalformed(with("index 1\n", "index 1\r\n"), "digits 0 to 9");
  ExpectMalformed(with("index 1\n", "index 9223372036854775808\n"), "above 2^63 - 1");
  ExpectMalformed(with("index 1\n", "index 1\nAAAA\n"), "a proof's hash: a hash is 32 bytes");
  ExpectMalformed(with("index 1\n", "index 1\n\n"), "a checkpoint's size: ");
  ExpectMalformed(with("log.example/one\n3\n", "log.example/one\n03\n"), "leading zeros");
  ExpectMalformed(Parse("c2sp.org/tlog-proof@v1\n"), "cut short");
  ExpectMalformed(Parse("c2sp.org/tlog-proof@v1\nextra eA==\n"), "cut short");
  ExpectMalformed(Parse("c2sp.org/tlog-proof@v1\nindex 1\n"), "cut short");
  ExpectMalformed(Parse("c2sp.org/tlog-proof@v1\nindex 1\n\n"), "no blank line");
  // The note's own last newline belongs to it.
  ExpectMalformed(Parse(bytes.substr(0, bytes.size() - 1)), "end with a newline");
}

TEST(ParseTlogProof, HoldsItsBounds) {
  TlogProof proof = Sample();
  proof.proof.assign(63, Leaf(0));
  const std::string bytes = *FormatTlogProof(proof);
  EXPECT_TRUE(Parse(bytes).ok());
  const std::string line = FormatBase64(Leaf(0).view()) + "\n";
  ExpectMalformed(Parse(absl::StrReplaceAll(bytes, {{"index 1\n", "index 1\n" + line}})),
                  "may have 63 hashes");
  proof.proof.assign(64, Leaf(0));
  ExpectMalformed(FormatTlogProof(proof).status(), "may have 63 hashes");

  proof = Sample();
  proof.extra = std::string(kMaxExtraBytes, 'x');
  const std::string longest = *FormatTlogProof(proof);
  EXPECT_TRUE(Parse(longest).ok());
  const std::string longer = FormatBase64(*proof.extra + "x");
  ExpectMalformed(Parse(absl::StrReplaceAll(longest, {{FormatBase64(*proof.extra), longer}})),
                  "extra data may have 65536 bytes");
  *proof.extra += "x";
  ExpectMalformed(FormatTlogProof(proof).status(), "extra data may have 65536 bytes");
}

TEST(FormatTlogProof, RefusesWhatWouldNotParse) {
  TlogProof proof = Sample();
  proof.index = LeafIndex(kMaxTreeSize + 1);
  ExpectMalformed(FormatTlogProof(proof).status(), "index is above 2^63 - 1");
  proof = Sample();
  proof.checkpoint = "not a note\n";
  ExpectMalformed(FormatTlogProof(proof).status(), "no blank line");
}

TEST(VerifyTlogProof, ReturnsTheCheckpoint) {
  absl::StatusOr<Checkpoint> checkpoint = VerifyTlogProof(Sample(), Leaf(1), LogKey());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->size, TreeSize(3));
  const TlogProof single{{}, LeafIndex(0), {}, SignedCheckpoint(1, Leaf(0))};
  EXPECT_TRUE(VerifyTlogProof(single, Leaf(0), LogKey()).ok());
}

TEST(VerifyTlogProof, RefusesOtherLeavesIndexesPathsAndKeys) {
  const auto verify = [](auto change) {
    TlogProof proof = Sample();
    change(proof);
    return VerifyTlogProof(proof, Leaf(1), LogKey()).status();
  };
  ExpectMalformed(VerifyTlogProof(Sample(), Leaf(0), LogKey()).status(), "leads to root");
  ExpectMalformed(verify([](TlogProof& p) { p.index = LeafIndex(0); }), "leads to root");
  ExpectMalformed(verify([](TlogProof& p) { p.index = LeafIndex(2); }), "wrong proof length");
  ExpectMalformed(verify([](TlogProof& p) { p.index = LeafIndex(3); }), "not below tree size 3");
  ExpectMalformed(verify([](TlogProof& p) { p.proof.pop_back(); }), "wrong proof length");
  ExpectMalformed(verify([](TlogProof& p) { p.proof.push_back(Leaf(2)); }), "wrong proof length");
  ExpectMalformed(verify([](TlogProof& p) { std::swap(p.proof[0], p.proof[1]); }), "leads to root");
  ExpectMalformed(verify([](TlogProof& p) { p.checkpoint = "not a note\n"; }), "no blank line");
  ExpectError(verify([](TlogProof& p) { p.checkpoint = SignedCheckpoint(3, Leaf(0), 'b'); }),
              absl::StatusCode::kPermissionDenied, "no signature is by a key");
}

TEST(VerifyTlogProof, VerifiesNoMutant) {
  for (const std::string& mutant : Mutants(*FormatTlogProof(Sample()))) {
    absl::StatusOr<TlogProof> proof = ParseTlogProof(mutant);
    if (!proof.ok()) continue;
    EXPECT_EQ(*FormatTlogProof(*proof), mutant);
    EXPECT_THAT(
        VerifyTlogProof(*proof, Leaf(1), LogKey()).status().code(),
        ::testing::AnyOf(absl::StatusCode::kInvalidArgument, absl::StatusCode::kPermissionDenied))
        << mutant;
  }
}

}  // namespace
}  // namespace cairn::note
