#include "merkle/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "merkle/memory_tiles.h"
#include "merkle/naive_tree.h"
#include "merkle/tile_source.h"

namespace cairn::merkle {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kEverySizeTo = 130;

// Sizes around powers of two and around multiples of a tile.
std::vector<uint64_t> NotableSizes() {
  std::set<uint64_t> sizes;
  for (uint64_t power = 128; power <= 1024; power *= 2) {
    sizes.insert({power - 1, power, power + 1});
  }
  for (uint64_t k = 1; k <= 5; ++k) sizes.insert({256 * k - 1, 256 * k, 256 * k + 1});
  return {sizes.begin(), sizes.end()};
}

// Passes requests on, after checking that they keep the contract of NodeSource.
class StrictSource final : public NodeSource {
 public:
  StrictSource(NodeSource& source, uint64_t size) : source_(source), size_(size) {}

  absl::Status Nodes(absl::Span<const NodeId> ids, absl::Span<Hash> out) override {
    EXPECT_EQ(++calls_, 1) << "one call a proof";
    EXPECT_FALSE(ids.empty());
    EXPECT_EQ(ids.size(), out.size());
    for (const NodeId& id : ids) EXPECT_LT(id.index, size_ >> id.level);
    return source_.Nodes(ids, out);
  }

 private:
  NodeSource& source_;
  uint64_t size_;
  int calls_ = 0;
};

// A tree, its tiles, and the naive tree over the same leaves.
struct Trees {
  explicit Trees(uint64_t size)
      : naive(size), tiles(naive.leaves()), source(tiles, TreeSize(size)) {}

  NaiveTree naive;
  MemoryTiles tiles;
  TileNodeSource source;
};

void ExpectInclusionEqual(Trees& trees, uint64_t index, uint64_t size) {
  StrictSource source(trees.source, size);
  const absl::StatusOr<Proof> proof = InclusionProof(LeafIndex(index), TreeSize(size), source);
  ASSERT_TRUE(proof.ok()) << proof.status();
  ASSERT_EQ(*proof, trees.naive.Path(index, 0, size)) << index << " of " << size;
}

void ExpectConsistencyEqual(Trees& trees, uint64_t old_size, uint64_t new_size) {
  StrictSource source(trees.source, new_size);
  const absl::StatusOr<Proof> proof =
      ConsistencyProof(TreeSize(old_size), TreeSize(new_size), source);
  ASSERT_TRUE(proof.ok()) << proof.status();
  ASSERT_EQ(*proof, trees.naive.Consistency(old_size, new_size)) << old_size << ", " << new_size;
}

void ExpectRootEqual(Trees& trees, uint64_t size) {
  StrictSource source(trees.source, size);
  const absl::StatusOr<Hash> root = Root(TreeSize(size), source);
  ASSERT_TRUE(root.ok()) << root.status();
  ASSERT_EQ(*root, trees.naive.Mth(0, size)) << size;
}

TEST(Proofs, EqualTheNaiveOnesForEveryIndexAndSizePair) {
  Trees trees(kEverySizeTo);
  for (uint64_t size = 0; size <= kEverySizeTo; ++size) {
    ASSERT_NO_FATAL_FAILURE(ExpectRootEqual(trees, size));
    for (uint64_t i = 0; i < size; ++i) {
      ASSERT_NO_FATAL_FAILURE(ExpectInclusionEqual(trees, i, size));
      ASSERT_NO_FATAL_FAILURE(ExpectConsistencyEqual(trees, i + 1, size));
    }
  }
}

TEST(Proofs, EqualTheNaiveOnesAroundPowersOfTwoAndTileEdges) {
  const std::vector<uint64_t> sizes = NotableSizes();
  Trees trees(sizes.back());
  for (const uint64_t size : sizes) {
    ASSERT_NO_FATAL_FAILURE(ExpectRootEqual(trees, size));
    // The lowest leaves, and those around every notable place, against every size.
    std::set<uint64_t> indexes;
    for (uint64_t i = 0; i < std::min<uint64_t>(size, 20); ++i) indexes.insert(i);
    for (const uint64_t at : sizes) {
      if (at < size) indexes.insert({at - 1, at});
      if (at <= size) {
        ASSERT_NO_FATAL_FAILURE(ExpectConsistencyEqual(trees, at, size));
      }
    }
    for (const uint64_t i : indexes) ASSERT_NO_FATAL_FAILURE(ExpectInclusionEqual(trees, i, size));
  }
}

TEST(Proofs, EqualTheNaiveOnesInATreeOfThreeTileLevels) {
  Trees trees(65536 + 257);
  const std::vector<uint64_t> sizes = {65535, 65536, 65537, 65536 + 255, 65536 + 256, 65536 + 257};
  for (const uint64_t size : sizes) {
    ASSERT_NO_FATAL_FAILURE(ExpectRootEqual(trees, size));
    for (uint64_t i = 0; i < size; i += 251) {
      ASSERT_NO_FATAL_FAILURE(ExpectInclusionEqual(trees, i, size));
      ASSERT_NO_FATAL_FAILURE(ExpectConsistencyEqual(trees, i + 1, size));
    }
    ASSERT_NO_FATAL_FAILURE(ExpectInclusionEqual(trees, size - 1, size));
  }
}

TEST(SubtreeProofs, EqualTheNaiveOnesForEveryValidSubtree) {
  constexpr uint64_t kSize = 70;
  Trees trees(kSize);
  for (uint64_t end = 0; end <= kSize; ++end) {
    for (uint64_t begin = 0; begin <= end; ++begin) {
      const Subtree subtree{begin, end};
      if (!IsValid(subtree)) continue;
      ASSERT_EQ(SubtreeHash(subtree, trees.source).value(), trees.naive.Mth(begin, end));
      for (uint64_t i = begin; i < end; ++i) {
        ASSERT_EQ(SubtreeInclusionProof(LeafIndex(i), subtree, trees.source).value(),
                  trees.naive.Path(i - begin, begin, end));
      }
      for (uint64_t n = end; n <= kSize; ++n) {
        ASSERT_EQ(SubtreeConsistencyProof(subtree, TreeSize(n), trees.source).value(),
                  trees.naive.SubtreeConsistency(subtree, n));
      }
    }
  }
}

TEST(InclusionProof, RefusesIndexNotBelowSizeAndSizeOutOfBounds) {
  Trees trees(4);
  const auto beyond = InclusionProof(LeafIndex(4), TreeSize(4), trees.source);
  EXPECT_EQ(beyond.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(beyond.status().message(), HasSubstr("leaf index 4 is not in [0, 4)"));
  EXPECT_EQ(InclusionProof(LeafIndex(0), TreeSize(0), trees.source).status().code(),
            absl::StatusCode::kOutOfRange);
  const auto huge = InclusionProof(LeafIndex(0), TreeSize(kMaxTreeSize + 1), trees.source);
  EXPECT_EQ(huge.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(huge.status().message(), HasSubstr("above 2^63-1"));
}

TEST(ConsistencyProof, RefusesSizesThatNoProofLinks) {
  Trees trees(4);
  const auto zero = ConsistencyProof(TreeSize(0), TreeSize(4), trees.source);
  EXPECT_EQ(zero.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(zero.status().message(), HasSubstr("old size 0"));
  const auto falling = ConsistencyProof(TreeSize(4), TreeSize(3), trees.source);
  EXPECT_EQ(falling.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(falling.status().message(), HasSubstr("old size 4 is larger than new size 3"));
  const auto huge = ConsistencyProof(TreeSize(4), TreeSize(kMaxTreeSize + 1), trees.source);
  EXPECT_EQ(huge.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(huge.status().message(), HasSubstr("above 2^63-1"));
}

TEST(Root, RefusesSizeOutOfBounds) {
  Trees trees(1);
  EXPECT_EQ(Root(TreeSize(kMaxTreeSize + 1), trees.source).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(SubtreeProofs, RefuseInvalidSubtrees) {
  Trees trees(8);
  const Subtree crooked{1, 3};
  for (const absl::Status& status :
       {SubtreeHash(crooked, trees.source).status(),
        SubtreeInclusionProof(LeafIndex(1), crooked, trees.source).status(),
        SubtreeConsistencyProof(crooked, TreeSize(8), trees.source).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("[1, 3) is not a valid subtree"));
  }
  const auto beyond = SubtreeConsistencyProof({8, 12}, TreeSize(11), trees.source);
  EXPECT_EQ(beyond.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(beyond.status().message(), HasSubstr("end 12 is beyond tree size 11"));
  EXPECT_EQ(
      SubtreeConsistencyProof({0, 1}, TreeSize(kMaxTreeSize + 1), trees.source).status().code(),
      absl::StatusCode::kInvalidArgument);
  for (const uint64_t outside : {3, 8}) {
    EXPECT_EQ(SubtreeInclusionProof(LeafIndex(outside), {4, 8}, trees.source).status().code(),
              absl::StatusCode::kOutOfRange);
  }
}

TEST(Proofs, PassOnWhatTheSourceAnswers) {
  // The source knows four leaves only.
  Trees trees(4);
  for (const absl::Status& status :
       {Root(TreeSize(5), trees.source).status(),
        InclusionProof(LeafIndex(0), TreeSize(5), trees.source).status(),
        ConsistencyProof(TreeSize(2), TreeSize(5), trees.source).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
    EXPECT_THAT(status.message(), HasSubstr("node 4 of level 0 is not complete at size 4"));
  }
}

TEST(TileNodeSource, ReadsEachTileOnce) {
  Trees trees(65536 + 300);
  ASSERT_TRUE(InclusionProof(LeafIndex(700), TreeSize(65536 + 300), trees.source).ok());
  std::vector<TileId> reads = trees.tiles.reads();
  std::sort(reads.begin(), reads.end());
  // The leaf's tile; for the border the last leaf tile, both level-1 tiles.
  const std::vector<TileId> expected = {{0, 2}, {0, 257}, {1, 0}, {1, 1}};
  EXPECT_EQ(reads, expected);
}

TEST(TileNodeSource, RefusesShortAndMissingTiles) {
  Trees trees(300);
  trees.tiles.CutShort();
  const auto cut = InclusionProof(LeafIndex(5), TreeSize(300), trees.source);
  EXPECT_EQ(cut.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(cut.status().message(), HasSubstr("has 255 hashes where 256 belong"));
  // A source that believes in more leaves than are stored.
  TileNodeSource too_large(trees.tiles, TreeSize(600));
  EXPECT_EQ(InclusionProof(LeafIndex(599), TreeSize(600), too_large).status().code(),
            absl::StatusCode::kNotFound);
  Hash out;
  EXPECT_EQ(trees.source.Nodes({NodeId{64, 0}}, absl::MakeSpan(&out, 1)).code(),
            absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace cairn::merkle
