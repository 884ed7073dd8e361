#include "merkle/note/checkpoint_signer.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "merkle/note/note.h"
#include "merkle/note/note_testing.h"

namespace cairn::note {
namespace {

constexpr absl::string_view kOrigin = "log.example/one";

Checkpoint Sample() { return {std::string(kOrigin), TreeSize(5), merkle::HashLeaf("x"), {}}; }

std::vector<SignerKey> Keys(absl::string_view seeds) {
  std::vector<SignerKey> keys;
  for (const char seed : seeds) keys.push_back(TestKey(kOrigin, seed));
  return keys;
}

TEST(CheckpointSigner, SignsWithEveryKeyInOrder) {
  absl::StatusOr<CheckpointSigner> signer = CheckpointSigner::Create(Keys("ba"));
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ(signer->origin(), kOrigin);
  absl::StatusOr<std::string> bytes = signer->Sign(Sample());
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const Note note = *ParseNote(*bytes);
  ASSERT_EQ(note.signatures.size(), 2u);
  const std::vector<VerifierKey> keys = signer->verifier_keys();
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0], TestKey(kOrigin, 'b').verifier_key());
  for (size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(note.signatures[i].key_id, keys[i].id());
    absl::StatusOr<Checkpoint> checkpoint = VerifyCheckpoint(*bytes, keys[i]);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ(*checkpoint, Sample());
  }
}

TEST(CheckpointSigner, GivesTheSameBytesForTheSameCheckpoint) {
  absl::StatusOr<CheckpointSigner> a = CheckpointSigner::Create(Keys("a"));
  absl::StatusOr<CheckpointSigner> b = CheckpointSigner::Create(Keys("a"));
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(*a->Sign(Sample()), *b->Sign(Sample()));
}

TEST(CheckpointSigner, RefusesKeysThatAreNotOneLogs) {
  ExpectMalformed(CheckpointSigner::Create({}).status(), "at least one key");
  ExpectMalformed(CheckpointSigner::Create(Keys("aba")).status(), "two keys have the ID");
  std::vector<SignerKey> keys = Keys("a");
  keys.push_back(TestKey("log.example/two", 'b'));
  ExpectMalformed(CheckpointSigner::Create(std::move(keys)).status(), "carry its origin");
  keys = Keys("a");
  keys.push_back(TestKey(kOrigin, 'b', KeyType::kCosignature));
  ExpectMalformed(CheckpointSigner::Create(std::move(keys)).status(), "0x04 is for cosigners");
  ExpectMalformed(CheckpointSigner::Create(Keys(std::string(kMaxNoteSignatures + 1, 'a'))).status(),
                  "may sign with 128 keys");
}

TEST(CheckpointSigner, RefusesCheckpointsThatAreNotItsOwnOrMalformed) {
  absl::StatusOr<CheckpointSigner> signer = CheckpointSigner::Create(Keys("a"));
  ASSERT_TRUE(signer.ok());
  Checkpoint checkpoint = Sample();
  checkpoint.origin = "log.example/two";
  ExpectMalformed(signer->Sign(checkpoint).status(), "cannot be signed as log.example/one");
  checkpoint = Sample();
  checkpoint.size = TreeSize(0);
  ExpectMalformed(signer->Sign(checkpoint).status(), "size 0");
}

}  // namespace
}  // namespace cairn::note
