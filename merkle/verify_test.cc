#include "merkle/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "merkle/naive_tree.h"

namespace cairn::merkle {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kEverySizeTo = 130;
// Mutants are tried for every index and size up to here.
constexpr uint64_t kMutantsTo = 40;

Hash Flipped(Hash hash, size_t byte) {
  hash.bytes[byte % Hash::kSize] ^= 1;
  return hash;
}

// The proof with one bit wrong in each hash in turn, without each hash, and with one more hash at
// each place.
std::vector<Proof> Mutants(const Proof& proof) {
  std::vector<Proof> mutants;
  for (size_t i = 0; i < proof.size(); ++i) {
    mutants.push_back(proof);
    mutants.back()[i] = Flipped(proof[i], i * 7);
    mutants.push_back(proof);
    mutants.back().erase(mutants.back().begin() + i);
  }
  for (size_t i = 0; i <= proof.size(); ++i) {
    mutants.push_back(proof);
    mutants.back().insert(mutants.back().begin() + i, HashLeaf("extra"));
    mutants.push_back(proof);
    mutants.back().insert(mutants.back().begin() + i,
                          proof.empty() ? Hash() : proof[i % proof.size()]);
  }
  return mutants;
}

struct InclusionCase {
  uint64_t index;
  uint64_t size;
  Hash leaf;
  Proof proof;
  Hash root;

  absl::Status Verify() const {
    return VerifyInclusion(LeafIndex(index), TreeSize(size), leaf, proof, root);
  }
};

struct ConsistencyCase {
  uint64_t old_size;
  uint64_t new_size;
  Hash old_root;
  Hash new_root;
  Proof proof;

  absl::Status Verify() const {
    return VerifyConsistency(TreeSize(old_size), TreeSize(new_size), old_root, new_root, proof);
  }
  // What the definition says of it.
  bool Holds() const {
    const auto roots = NaiveRootsFromConsistency(old_size, new_size, old_root, proof);
    return roots && roots->first == old_root && roots->second == new_root;
  }
};

InclusionCase Inclusion(NaiveTree& naive, uint64_t index, uint64_t size) {
  return {index, size, naive.leaves()[index], naive.Path(index, 0, size), naive.Mth(0, size)};
}

ConsistencyCase Consistency(NaiveTree& naive, uint64_t old_size, uint64_t new_size) {
  return {old_size, new_size, naive.Mth(0, old_size), naive.Mth(0, new_size),
          naive.Consistency(old_size, new_size)};
}

TEST(VerifyInclusion, AcceptsEveryProofAndKnowsItsLength) {
  NaiveTree naive(kEverySizeTo);
  for (uint64_t size = 1; size <= kEverySizeTo; ++size) {
    for (uint64_t i = 0; i < size; ++i) {
      const InclusionCase c = Inclusion(naive, i, size);
      ASSERT_TRUE(c.Verify().ok()) << c.Verify();
      ASSERT_EQ(InclusionProofLength(LeafIndex(i), TreeSize(size)), c.proof.size());
    }
  }
}

TEST(VerifyInclusion, RejectsEveryMutantProofLeafAndRoot) {
  NaiveTree naive(kMutantsTo);
  for (uint64_t size = 1; size <= kMutantsTo; ++size) {
    for (uint64_t i = 0; i < size; ++i) {
      const InclusionCase sound = Inclusion(naive, i, size);
      InclusionCase mutant = sound;
      for (const Proof& proof : Mutants(sound.proof)) {
        mutant.proof = proof;
        const absl::Status status = mutant.Verify();
        ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
        ASSERT_THAT(
            status.message(),
            HasSubstr(proof.size() == sound.proof.size() ? "leads to root" : "wrong proof length"));
      }
      mutant = sound;
      mutant.leaf = Flipped(sound.leaf, i);
      ASSERT_THAT(mutant.Verify().message(), HasSubstr("leads to root"));
      mutant = sound;
      mutant.root = Flipped(sound.root, i);
      ASSERT_THAT(mutant.Verify().message(), HasSubstr("leads to root"));
      for (const uint64_t other : {i - 1, i + 1}) {
        mutant = sound;
        mutant.index = other;
        ASSERT_EQ(mutant.Verify().code(), absl::StatusCode::kInvalidArgument) << i << " " << size;
      }
    }
  }
}

TEST(VerifyInclusion, JudgesAnotherSizeAsTheDefinitionDoes) {
  NaiveTree naive(kMutantsTo);
  int accepted = 0;
  for (uint64_t size = 1; size <= kMutantsTo; ++size) {
    for (uint64_t i = 0; i < size; ++i) {
      const InclusionCase sound = Inclusion(naive, i, size);
      for (uint64_t other = 0; other <= 2 * kMutantsTo; ++other) {
        InclusionCase mutant = sound;
        mutant.size = other;
        const bool holds = NaiveRootFromPath(i, other, sound.leaf, sound.proof) == sound.root;
        ASSERT_EQ(mutant.Verify().ok(), holds) << i << " " << size << " as of " << other;
        accepted += holds && other != size;
      }
    }
  }
  // The path does not bind the size: some other sizes do verify.
  EXPECT_GT(accepted, 0);
  InclusionCase first = Inclusion(naive, 0, 8);
  for (first.size = 5; first.size <= 8; ++first.size) EXPECT_TRUE(first.Verify().ok());
  EXPECT_FALSE(first.Verify().ok());
}

TEST(VerifyInclusion, NamesIndexAndSizeOutOfBounds) {
  NaiveTree naive(4);
  InclusionCase c = Inclusion(naive, 3, 4);
  c.index = 4;
  EXPECT_THAT(c.Verify().message(), HasSubstr("leaf index 4 is not below tree size 4"));
  c.index = ~uint64_t{0};
  EXPECT_EQ(c.Verify().code(), absl::StatusCode::kInvalidArgument);
  c.size = 0;
  c.index = 0;
  EXPECT_THAT(c.Verify().message(), HasSubstr("leaf index 0 is not below tree size 0"));
  c.size = kMaxTreeSize + 1;
  EXPECT_THAT(c.Verify().message(), HasSubstr("above 2^63-1"));
}

TEST(RootFromInclusionProof, IsTheRootOfTheDefinitionInTheLargestTrees) {
  Proof proof;
  for (size_t i = 0; i < kMaxProofHashes; ++i) proof.push_back(HashLeaf(std::to_string(i)));
  const Hash leaf = HashLeaf("leaf");
  const TreeSize size(kMaxTreeSize);
  for (const uint64_t index :
       {uint64_t{0}, uint64_t{1}, uint64_t{1} << 62, kMaxTreeSize - 2, kMaxTreeSize - 1}) {
    const size_t length = InclusionProofLength(LeafIndex(index), size);
    ASSERT_LE(length, kMaxProofHashes);
    const auto fitting = absl::MakeConstSpan(proof).first(length);
    const auto root = RootFromInclusionProof(LeafIndex(index), size, leaf, fitting);
    ASSERT_TRUE(root.ok()) << root.status();
    EXPECT_EQ(*root, NaiveRootFromPath(index, kMaxTreeSize, leaf, fitting));
  }
}

TEST(VerifyConsistency, AcceptsWhatTheDefinitionDoesInTheLargestTrees) {
  Proof proof;
  for (size_t i = 0; i < 64; ++i) proof.push_back(HashLeaf(std::to_string(i)));
  const TreeSize size(kMaxTreeSize);
  for (const uint64_t old_size :
       {uint64_t{1}, uint64_t{3}, uint64_t{1} << 62, (uint64_t{1} << 62) + 1, kMaxTreeSize - 1}) {
    SCOPED_TRACE(old_size);
    const size_t length = SubtreeConsistencyProofLength({0, old_size}, size);
    ASSERT_LE(length, proof.size());
    const auto fitting = absl::MakeConstSpan(proof).first(length);
    const auto roots = NaiveRootsFromConsistency(old_size, kMaxTreeSize, HashLeaf("old"), fitting);
    ASSERT_TRUE(roots.has_value());
    const auto& [old_root, root] = *roots;
    EXPECT_TRUE(VerifyConsistency(TreeSize(old_size), size, old_root, root, fitting).ok());
    EXPECT_EQ(
        VerifyConsistency(TreeSize(old_size), size, old_root, Flipped(root, 0), fitting).code(),
        absl::StatusCode::kInvalidArgument);
  }
}

TEST(VerifyConsistency, AcceptsEveryProofAndKnowsItsLength) {
  NaiveTree naive(kEverySizeTo);
  for (uint64_t size = 1; size <= kEverySizeTo; ++size) {
    for (uint64_t old_size = 1; old_size <= size; ++old_size) {
      const ConsistencyCase c = Consistency(naive, old_size, size);
      ASSERT_TRUE(c.Verify().ok()) << old_size << " " << size << " " << c.Verify();
      ASSERT_EQ(SubtreeConsistencyProofLength({0, old_size}, TreeSize(size)), c.proof.size());
    }
  }
}

TEST(VerifyConsistency, RejectsEveryMutantProofAndRoot) {
  NaiveTree naive(kMutantsTo);
  for (uint64_t size = 1; size <= kMutantsTo; ++size) {
    for (uint64_t old_size = 1; old_size <= size; ++old_size) {
      const ConsistencyCase sound = Consistency(naive, old_size, size);
      ConsistencyCase mutant = sound;
      for (const Proof& proof : Mutants(sound.proof)) {
        mutant.proof = proof;
        const absl::Status status = mutant.Verify();
        ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
        ASSERT_THAT(
            status.message(),
            HasSubstr(proof.size() == sound.proof.size() ? "leads to" : "wrong proof length"));
      }
      mutant = sound;
      mutant.old_root = Flipped(sound.old_root, size);
      ASSERT_EQ(mutant.Verify().code(), absl::StatusCode::kInvalidArgument);
      mutant = sound;
      mutant.new_root = Flipped(sound.new_root, size);
      ASSERT_THAT(mutant.Verify().message(), HasSubstr("leads to new root"));
      if (old_size == size) continue;
      mutant = sound;
      std::swap(mutant.old_root, mutant.new_root);
      ASSERT_EQ(mutant.Verify().code(), absl::StatusCode::kInvalidArgument);
    }
  }
}

TEST(VerifyConsistency, JudgesOtherSizesAsTheDefinitionDoes) {
  NaiveTree naive(kMutantsTo);
  for (uint64_t size = 1; size <= kMutantsTo; ++size) {
    for (uint64_t old_size = 1; old_size <= size; ++old_size) {
      const ConsistencyCase sound = Consistency(naive, old_size, size);
      for (uint64_t other = 0; other <= kMutantsTo + 2; ++other) {
        ConsistencyCase mutant = sound;
        mutant.old_size = other;
        ASSERT_EQ(mutant.Verify().ok(), mutant.Holds()) << old_size << " " << size << " " << other;
        mutant = sound;
        mutant.new_size = other;
        ASSERT_EQ(mutant.Verify().ok(), mutant.Holds()) << old_size << " " << size << " " << other;
      }
    }
  }
}

TEST(VerifyConsistency, NamesWhatIsWrong) {
  NaiveTree naive(8);
  ConsistencyCase c = Consistency(naive, 3, 7);
  c.old_root = naive.Mth(0, 4);
  EXPECT_THAT(c.Verify().message(), HasSubstr("leads to old root"));
  c = Consistency(naive, 3, 7);
  c.old_size = 0;
  EXPECT_THAT(c.Verify().message(), HasSubstr("old size 0"));
  c.old_size = 8;
  EXPECT_THAT(c.Verify().message(), HasSubstr("old size 8 is larger than new size 7"));
  c.new_size = kMaxTreeSize + 1;
  EXPECT_THAT(c.Verify().message(), HasSubstr("above 2^63-1"));
  c = Consistency(naive, 5, 5);
  c.new_root = naive.Mth(0, 6);
  EXPECT_THAT(c.Verify().message(), HasSubstr("leads to new root"));
}

TEST(VerifyConsistency, RefusesTheEmptyTreeEvenWithItself) {
  EXPECT_EQ(VerifyConsistency(TreeSize(0), TreeSize(0), EmptyRoot(), EmptyRoot(), {}).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(VerifySubtreeConsistency, AcceptsTheProofAndNoMutantForEverySubtree) {
  constexpr uint64_t kSize = 34;
  NaiveTree naive(kSize);
  for (uint64_t size = 0; size <= kSize; ++size) {
    const Hash root = naive.Mth(0, size);
    for (uint64_t end = 0; end <= size; ++end) {
      for (uint64_t begin = 0; begin <= end; ++begin) {
        const Subtree subtree{begin, end};
        if (!IsValid(subtree)) continue;
        const Hash hash = naive.Mth(begin, end);
        const Proof proof = naive.SubtreeConsistency(subtree, size);
        ASSERT_EQ(SubtreeConsistencyProofLength(subtree, TreeSize(size)), proof.size());
        const absl::Status sound =
            VerifySubtreeConsistency(subtree, TreeSize(size), hash, root, proof);
        ASSERT_TRUE(sound.ok()) << sound << " " << begin << " " << end << " " << size;
        for (const Proof& mutant : Mutants(proof)) {
          ASSERT_EQ(VerifySubtreeConsistency(subtree, TreeSize(size), hash, root, mutant).code(),
                    absl::StatusCode::kInvalidArgument);
        }
        ASSERT_EQ(VerifySubtreeConsistency(subtree, TreeSize(size), Flipped(hash, end), root, proof)
                      .code(),
                  absl::StatusCode::kInvalidArgument);
        // An empty subtree says nothing of the tree.
        ASSERT_EQ(
            VerifySubtreeConsistency(subtree, TreeSize(size), hash, Flipped(root, 1), proof).ok(),
            begin == end);
      }
    }
  }
}

TEST(VerifySubtreeConsistency, NamesWhatIsWrong) {
  NaiveTree naive(8);
  const auto verify = [&](const Subtree& subtree, const Hash& hash) {
    return VerifySubtreeConsistency(subtree, TreeSize(8), hash, naive.Mth(0, 8), {});
  };
  EXPECT_THAT(verify({1, 3}, naive.Mth(1, 3)).message(), HasSubstr("[1, 3) is not a valid"));
  EXPECT_THAT(verify({8, 9}, Hash()).message(), HasSubstr("of a tree of size 8"));
  EXPECT_THAT(verify({4, 4}, HashLeaf("")).message(), HasSubstr("empty subtree"));
  EXPECT_THAT(verify({4, 6}, naive.Mth(4, 6)).message(), HasSubstr("wrong proof length: 2"));
}

}  // namespace
}  // namespace cairn::merkle
