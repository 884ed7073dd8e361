#include "merkle/edge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "merkle/memory_tiles.h"
#include "merkle/naive_tree.h"
#include "merkle/verify.h"

namespace cairn::merkle {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kTreeSize = 1400;

absl::Span<const Hash> Slice(const std::vector<Hash>& hashes, uint64_t begin, uint64_t end) {
  return absl::MakeConstSpan(hashes).subspan(begin, end - begin);
}

void ExpectExtensionEqual(const Extension& extension, NaiveTree& naive) {
  const uint64_t size = extension.size().value();
  ASSERT_EQ(extension.root(), naive.Mth(0, size));
  for (uint64_t i = extension.first().value(); i < size; ++i) {
    const Proof proof = extension.InclusionProof(LeafIndex(i));
    ASSERT_EQ(proof, naive.Path(i, 0, size)) << i << " " << size;
    const absl::Status verified =
        VerifyInclusion(LeafIndex(i), extension.size(), naive.leaves()[i], proof, extension.root());
    ASSERT_TRUE(verified.ok()) << verified << " " << i << " " << size;
  }
}

void ExpectTilesEqual(const Extension& extension, TreeSize before, NaiveTree& naive) {
  std::vector<TileId> expected;
  for (uint32_t level = 0; level < kTileLevels; ++level) {
    for (uint64_t n = FullTileCount(level, before); n < FullTileCount(level, extension.size());
         ++n) {
      expected.push_back({level, n});
    }
  }
  ASSERT_EQ(extension.full_tiles().size(), expected.size());
  for (size_t t = 0; t < expected.size(); ++t) {
    const FullTile& tile = extension.full_tiles()[t];
    ASSERT_EQ(tile.id, expected[t]);
    const uint64_t leaves = uint64_t{1} << (kTileHeight * tile.id.level);
    const uint64_t begin = tile.id.index * kTileWidth * leaves;
    ASSERT_EQ(tile.hashes.size(), kTileWidth);
    for (uint64_t i = 0; i < kTileWidth; ++i) {
      ASSERT_EQ(tile.hashes[i], naive.Mth(begin + i * leaves, begin + (i + 1) * leaves));
    }
    ASSERT_EQ(tile.inner.size(), tile.id.level == 0 ? kInnerCount : 0);
    for (uint64_t i = 0; i < tile.inner.size(); ++i) {
      ASSERT_EQ(tile.inner[i], naive.Mth(begin + 16 * i, begin + 16 * (i + 1)));
    }
  }
}

// Appends leaves one batch after the other, checking each extension, and every one of them again
// when the edge has moved on.
void AppendAndCheck(NaiveTree& naive, const std::vector<uint64_t>& batches) {
  Edge edge;
  uint64_t size = 0;
  std::vector<Extension> extensions;
  for (const uint64_t batch : batches) {
    extensions.push_back(edge.Append(Slice(naive.leaves(), size, size + batch)));
    ASSERT_EQ(extensions.back().first(), LeafIndex(size));
    ASSERT_NO_FATAL_FAILURE(ExpectTilesEqual(extensions.back(), TreeSize(size), naive));
    size += batch;
    ASSERT_EQ(edge.size(), TreeSize(size));
    ASSERT_EQ(edge.root(), naive.Mth(0, size));
  }
  for (const Extension& extension : extensions) {
    ASSERT_NO_FATAL_FAILURE(ExpectExtensionEqual(extension, naive));
  }
}

TEST(Edge, GivesEveryNewLeafItsProofWhateverTheBatches) {
  NaiveTree naive(kTreeSize);
  for (const uint32_t seed : {1, 2, 3, 4, 5, 6}) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const uint64_t longest = std::vector<uint64_t>{1, 3, 20, 255, 256, 1400}[seed - 1];
    std::vector<uint64_t> batches;
    for (uint64_t left = seed == 1 ? 300 : kTreeSize; left > 0; left -= batches.back()) {
      batches.push_back(std::min<uint64_t>(left, random() % longest + 1));
    }
    ASSERT_NO_FATAL_FAILURE(AppendAndCheck(naive, batches));
  }
}

TEST(Edge, GivesEveryNewLeafItsProofForEveryPairOfSizes) {
  constexpr uint64_t kSize = 130;
  NaiveTree naive(kSize);
  for (uint64_t first = 0; first <= kSize; ++first) {
    Edge edge;
    edge.Append(Slice(naive.leaves(), 0, first));
    for (uint64_t size = first; size <= kSize; ++size) {
      Edge copy = edge;
      const Extension extension = copy.Append(Slice(naive.leaves(), first, size));
      ASSERT_NO_FATAL_FAILURE(ExpectExtensionEqual(extension, naive));
    }
  }
}

TEST(Edge, CompletesTilesOfThreeLevelsInOneAppend) {
  constexpr uint64_t kSize = 65536 + 600;
  NaiveTree naive(kSize);
  Edge edge;
  edge.Append(Slice(naive.leaves(), 0, 65536 - 300));
  const Extension extension = edge.Append(Slice(naive.leaves(), 65536 - 300, kSize));
  ASSERT_NO_FATAL_FAILURE(ExpectTilesEqual(extension, TreeSize(65536 - 300), naive));
  EXPECT_EQ(extension.full_tiles().back().id, (TileId{1, 0}));
  ASSERT_NO_FATAL_FAILURE(ExpectExtensionEqual(extension, naive));
  EXPECT_EQ(edge.PartialTile(0).size(), 600 - 512);
  EXPECT_EQ(edge.PartialTile(1).size(), 2);
  EXPECT_EQ(edge.PartialTile(2).size(), 1);
  EXPECT_TRUE(edge.PartialTile(3).empty());
}

TEST(Edge, OfTheEmptyTreeHasItsRoot) {
  Edge edge;
  EXPECT_EQ(edge.size(), TreeSize(0));
  EXPECT_EQ(edge.root(), EmptyRoot());
  const Extension extension = edge.Append({});
  EXPECT_EQ(extension.size(), TreeSize(0));
  EXPECT_EQ(extension.root(), EmptyRoot());
  EXPECT_TRUE(extension.full_tiles().empty());
}

TEST(Edge, RebuiltFromTilesIsTheSameAndGoesOn) {
  constexpr uint64_t kMore = 700;
  NaiveTree naive(65536 + 2000 + kMore);
  for (const uint64_t size : {0, 1, 255, 256, 257, 1000, 65535, 65536, 65536 + 2000}) {
    SCOPED_TRACE(testing::Message() << "size " << size);
    MemoryTiles tiles(Slice(naive.leaves(), 0, size));
    absl::StatusOr<Edge> edge = Edge::FromTiles(TreeSize(size), tiles);
    ASSERT_TRUE(edge.ok()) << edge.status();
    for (const TileId& id : tiles.reads()) {
      EXPECT_TRUE(TileWidthAt(id, TreeSize(size)) == kTileWidth || id.level == 0);
    }
    Edge appended;
    appended.Append(Slice(naive.leaves(), 0, size));
    EXPECT_EQ(edge->size(), TreeSize(size));
    EXPECT_EQ(edge->root(), appended.root());
    for (uint32_t level = 0; level < kTileLevels; ++level) {
      EXPECT_EQ(edge->PartialTile(level), appended.PartialTile(level));
    }
    const Extension extension = edge->Append(Slice(naive.leaves(), size, size + kMore));
    ASSERT_NO_FATAL_FAILURE(ExpectTilesEqual(extension, TreeSize(size), naive));
    ASSERT_NO_FATAL_FAILURE(ExpectExtensionEqual(extension, naive));
  }
}

TEST(Edge, IsNotRebuiltFromShortOrMissingTiles) {
  NaiveTree naive(700);
  MemoryTiles tiles(naive.leaves());
  EXPECT_EQ(Edge::FromTiles(TreeSize(701), tiles).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Edge::FromTiles(TreeSize(1024), tiles).status().code(), absl::StatusCode::kNotFound);
  tiles.CutShort();
  const auto partial = Edge::FromTiles(TreeSize(700), tiles);
  EXPECT_EQ(partial.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(partial.status().message(), HasSubstr("has 187 hashes where 188 belong"));
  const auto full = Edge::FromTiles(TreeSize(512), tiles);
  EXPECT_EQ(full.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(full.status().message(), HasSubstr("has 255 hashes where 256 belong"));
  const auto huge = Edge::FromTiles(TreeSize(kMaxTreeSize + 1), tiles);
  EXPECT_EQ(huge.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Edge, FindsExactlyTheNodesOfItsPartialTiles) {
  constexpr uint64_t kSize = 256 * 3 + 77;
  NaiveTree naive(kSize);
  Edge edge;
  edge.Append(naive.leaves());
  for (uint32_t level = 0; level < 12; ++level) {
    for (uint64_t index = 0; index <= kSize >> level; ++index) {
      const NodeId id{level, index};
      const bool complete = index < kSize >> level;
      const TileId tile = PlaceOf(id).tile;
      const bool partial = TileWidthAt(tile, TreeSize(kSize)) < kTileWidth;
      const std::optional<Hash> found = edge.Find(id);
      ASSERT_EQ(found.has_value(), complete && partial) << level << " " << index;
      if (found) {
        ASSERT_EQ(*found, naive.Mth(index << level, (index + 1) << level));
      }
    }
  }
  EXPECT_EQ(edge.Find({64, 0}), std::nullopt);
  EXPECT_EQ(edge.Find({63, 0}), std::nullopt);
}

TEST(EdgeNodeSource, ProvesAnySmallerSizeOverFullTilesAlone) {
  constexpr uint64_t kSize = 256 * 3 + 77;
  NaiveTree naive(kSize);
  MemoryTiles tiles(naive.leaves());
  tiles.OnlyFullTiles();
  TileNodeSource full(tiles, TreeSize(kSize));
  Edge edge;
  edge.Append(naive.leaves());
  EdgeNodeSource source(edge, full);
  for (uint64_t size = 1; size <= kSize; size += size < 200 ? 7 : 1) {
    ASSERT_EQ(Root(TreeSize(size), source).value(), naive.Mth(0, size));
    for (uint64_t i = size % 13; i < size; i += 37) {
      ASSERT_EQ(InclusionProof(LeafIndex(i), TreeSize(size), source).value(),
                naive.Path(i, 0, size));
      ASSERT_EQ(ConsistencyProof(TreeSize(i + 1), TreeSize(size), source).value(),
                naive.Consistency(i + 1, size));
    }
  }
  tiles.ForgetReads();
  ASSERT_TRUE(ConsistencyProof(TreeSize(769), TreeSize(800), source).ok());
  EXPECT_TRUE(tiles.reads().empty()) << "the edge has all nodes of this proof";
}

TEST(EdgeNodeSource, PassesOnWhatTheOtherSourceAnswers) {
  NaiveTree naive(300);
  MemoryTiles none({});
  TileNodeSource below(none, TreeSize(300));
  Edge edge;
  edge.Append(naive.leaves());
  EdgeNodeSource source(edge, below);
  EXPECT_EQ(InclusionProof(LeafIndex(3), TreeSize(300), source).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace cairn::merkle
