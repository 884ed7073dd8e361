#include "merkle/note/misbehaviour.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "merkle/memory_tiles.h"
#include "merkle/naive_tree.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/note/note_testing.h"
#include "merkle/proof.h"
#include "merkle/tile_source.h"
#include "merkle/types.h"

namespace cairn::note {
namespace {

constexpr char kOrigin[] = "log.example/two-faced";

SignerKey LogKey(char seed = 'l') { return TestKey(kOrigin, seed); }

std::string NoteOver(uint64_t size, const Hash& root, SignerKey key = LogKey()) {
  std::vector<SignerKey> keys;
  keys.push_back(std::move(key));
  const absl::StatusOr<CheckpointSigner> signer = CheckpointSigner::Create(std::move(keys));
  return *signer->Sign({signer->origin(), TreeSize(size), root, {}});
}

// Leaves 0, 1, 2, ...; of a fork those from `fork_at` on are others.
merkle::NaiveTree Tree(uint64_t size, uint64_t fork_at = ~uint64_t{0}) {
  std::vector<Hash> leaves = merkle::NaiveTree(size).leaves();
  for (uint64_t i = fork_at; i < size; ++i) leaves[i] = merkle::HashLeaf(std::to_string(i) + "'");
  return merkle::NaiveTree(std::move(leaves));
}

merkle::Proof PathIn(const merkle::NaiveTree& tree, uint64_t old_size) {
  merkle::MemoryTiles tiles(tree.leaves());
  merkle::TileNodeSource source(tiles, TreeSize(tree.leaves().size()));
  return *merkle::ConsistencyPath(TreeSize(old_size), TreeSize(tree.leaves().size()), source);
}

Misbehaviour Fork(uint64_t small, uint64_t large, uint64_t fork_at) {
  merkle::NaiveTree honest = Tree(small);
  merkle::NaiveTree forked = Tree(large, fork_at);
  return {.first = NoteOver(small, honest.Mth(0, small)),
          .second = NoteOver(large, forked.Mth(0, large)),
          .path = small == large ? merkle::Proof() : PathIn(forked, small)};
}

absl::StatusOr<SplitView> Verify(const Misbehaviour& misbehaviour) {
  return VerifyMisbehaviour(misbehaviour, {LogKey().verifier_key()});
}

TEST(Misbehaviour, ConvictsEveryForkAndNoTreeThatContinues) {
  for (uint64_t large = 1; large <= 40; ++large) {
    for (uint64_t small = 1; small <= large; ++small) {
      const Misbehaviour fork = Fork(small, large, small - 1);
      const absl::StatusOr<SplitView> view = Verify(fork);
      ASSERT_TRUE(view.ok()) << small << " " << large << " " << view.status();
      EXPECT_EQ(view->first_root_in_second, Tree(large, small - 1).Mth(0, small));
      // Forked beyond the smaller tree: that is how a log grows.
      ExpectMalformed(Verify(Fork(small, large, small)).status(), "continues the first");
      const absl::StatusOr<std::string> bytes = FormatMisbehaviour(fork);
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      EXPECT_EQ(*ParseMisbehaviour(*bytes), fork);
    }
  }
}

TEST(Misbehaviour, NoChangeOfAnHonestLogsNotesConvictsIt) {
  const std::string bytes = *FormatMisbehaviour(Fork(3, 7, 3));
  for (const std::string& mutant : Mutants(bytes)) {
    const absl::StatusOr<Misbehaviour> parsed = ParseMisbehaviour(mutant);
    if (parsed.ok()) {
      EXPECT_FALSE(Verify(*parsed).ok()) << mutant;
    }
  }
}

TEST(Misbehaviour, NoPathIsBelievedThatDoesNotEndInTheSecondRoot) {
  Misbehaviour fork = Fork(6, 11, 2);
  for (Hash& hash : fork.path) {
    hash.bytes[7] ^= 1;
    EXPECT_FALSE(Verify(fork).ok());
    hash.bytes[7] ^= 1;
  }
  fork.path.pop_back();
  ExpectMalformed(Verify(fork).status(), "wrong proof length");
}

TEST(Misbehaviour, NeedsTheSignatureOfOneLogUnderBoth) {
  Misbehaviour fork = Fork(5, 5, 1);
  ExpectError(VerifyMisbehaviour(fork, {LogKey('x').verifier_key()}).status(),
              absl::StatusCode::kPermissionDenied, "first note");
  ExpectError(VerifyMisbehaviour(fork, {}).status(), absl::StatusCode::kPermissionDenied,
              "no key of a log `log.example/two-faced`");
  fork.second = NoteOver(5, Tree(5, 1).Mth(0, 5), LogKey('x'));
  ExpectError(Verify(fork).status(), absl::StatusCode::kPermissionDenied, "second note");
  // Two keys of one log are one log.
  EXPECT_TRUE(VerifyMisbehaviour(fork, {LogKey().verifier_key(), LogKey('x').verifier_key()}).ok());
  SignerKey other = TestKey("log.example/other", 'o');
  const VerifierKey other_key = other.verifier_key();
  fork.second = NoteOver(5, Tree(5, 1).Mth(0, 5), std::move(other));
  ExpectMalformed(VerifyMisbehaviour(fork, {LogKey().verifier_key(), other_key}).status(),
                  "two logs");
}

TEST(Misbehaviour, RefusesFilesOfAnyOtherForm) {
  const std::string first = NoteOver(1, merkle::HashLeaf("0"));
  const auto expect = [](const std::string& bytes, absl::string_view reason) {
    ExpectMalformed(ParseMisbehaviour(bytes).status(), reason);
  };
  expect("", "does not begin");
  expect("cairn.v1/misbehaviour\nfirst 1", "cut short");
  expect("cairn.v1/misbehaviour\nsecond 1\n", "no line `first`");
  expect("cairn.v1/misbehaviour\nfirst 01\n", "zero");
  expect("cairn.v1/misbehaviour\nfirst 9999999\n", "at most");
  expect("cairn.v1/misbehaviour\nfirst 1\nsecond 1\n\nabc", "not as long");
  expect("cairn.v1/misbehaviour\nfirst 1\nsecond 1\n\nab", "first note");
  std::string hashes;
  for (int i = 0; i < 65; ++i) hashes += "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
  expect("cairn.v1/misbehaviour\nfirst 1\nsecond 1\n" + hashes + "\nab", "at most 64 hashes");
}

}  // namespace
}  // namespace cairn::note
