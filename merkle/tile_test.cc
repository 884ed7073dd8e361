#include "merkle/tile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "merkle/naive_tree.h"

namespace cairn::merkle {
namespace {

using ::testing::HasSubstr;

TEST(TileGeometry, CountsFullAndPartialTiles) {
  const TreeSize size(70000);
  EXPECT_EQ(FullTileCount(0, size), 273);
  EXPECT_EQ(PartialTileWidth(0, size), 112);
  EXPECT_EQ(FullTileCount(1, size), 1);
  EXPECT_EQ(PartialTileWidth(1, size), 17);
  EXPECT_EQ(FullTileCount(2, size), 0);
  EXPECT_EQ(PartialTileWidth(2, size), 1);
  EXPECT_EQ(PartialTileWidth(3, size), 0);
}

TEST(TileGeometry, RaisesAHashOnlyWhenItsTileIsFull) {
  EXPECT_EQ(PartialTileWidth(1, TreeSize(255)), 0);
  EXPECT_EQ(FullTileCount(0, TreeSize(256)), 1);
  EXPECT_EQ(PartialTileWidth(0, TreeSize(256)), 0);
  EXPECT_EQ(PartialTileWidth(1, TreeSize(256)), 1);
}

TEST(TileGeometry, HasNoTilesBeyondTheHighestLevel) {
  const TreeSize largest(kMaxTreeSize);
  EXPECT_EQ(FullTileCount(6, largest), 127);
  EXPECT_EQ(PartialTileWidth(7, largest), 127);
  EXPECT_EQ(FullTileCount(7, largest), 0);
  for (const uint32_t level : {8u, 63u, 64u, ~0u}) {
    EXPECT_EQ(FullTileCount(level, largest), 0);
    EXPECT_EQ(PartialTileWidth(level, largest), 0);
    EXPECT_EQ(TileWidthAt({level, 0}, largest), 0);
  }
}

TEST(TileGeometry, GivesTheWidthOfEachTile) {
  const TreeSize size(70000);
  EXPECT_EQ(TileWidthAt({0, 272}, size), 256);
  EXPECT_EQ(TileWidthAt({0, 273}, size), 112);
  EXPECT_EQ(TileWidthAt({0, 274}, size), 0);
  EXPECT_EQ(TileWidthAt({1, 1}, size), 17);
  EXPECT_EQ(TileWidthAt({0, 0}, TreeSize(0)), 0);
}

TEST(NodeInTile, IsTheNodeWithAndWithoutInnerNodes) {
  NaiveTree naive(512);
  for (uint32_t level = 0; level < kTileHeight; ++level) {
    for (uint64_t index = 0; index < uint64_t{512} >> level; ++index) {
      const NodePlace place = PlaceOf({level, index});
      EXPECT_EQ(place.tile, (TileId{0, (index << level) / 256}));
      EXPECT_EQ(place.height, level);
      const auto hashes =
          absl::MakeConstSpan(naive.leaves()).subspan(place.tile.index * kTileWidth, kTileWidth);
      std::vector<Hash> inner;
      for (uint64_t i = 0; i < kInnerCount; ++i) {
        inner.push_back(SubtreeRoot(hashes.subspan(16 * i, 16)));
      }
      const Hash expected = naive.Mth(index << level, (index + 1) << level);
      ASSERT_EQ(NodeInTile(place, hashes), expected);
      ASSERT_EQ(NodeInTile(place, hashes, inner), expected);
    }
  }
}

TEST(PlaceOf, PutsEveryEighthLevelIntoTheNextTiles) {
  const NodePlace leaf_root = PlaceOf({8, 300});
  EXPECT_EQ(leaf_root.tile, (TileId{1, 1}));
  EXPECT_EQ(leaf_root.offset, 44);
  EXPECT_EQ(leaf_root.height, 0);
  const NodePlace high = PlaceOf({62, 1});
  EXPECT_EQ(high.tile, (TileId{7, 0}));
  EXPECT_EQ(high.offset, 64);
  EXPECT_EQ(high.height, 6);
}

TEST(SubtreeRoot, OfAWholeTileIsItsNodeAbove) {
  NaiveTree naive(256);
  EXPECT_EQ(SubtreeRoot(naive.leaves()), naive.Mth(0, 256));
  EXPECT_EQ(SubtreeRoot({naive.leaves()[7]}), naive.leaves()[7]);
}

TEST(ParseTile, UndoesFormatTile) {
  NaiveTree naive(256);
  for (const uint32_t width : {1, 2, 255, 256}) {
    const auto hashes = absl::MakeConstSpan(naive.leaves()).first(width);
    const absl::StatusOr<std::vector<Hash>> parsed = ParseTile(FormatTile(hashes), width);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, hashes);
  }
}

TEST(ParseTile, RefusesAnyOtherLength) {
  for (const size_t length : {0, 63, 65, 96}) {
    const absl::Status status = ParseTile(std::string(length, 'x'), 2).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("a tile of 2 hashes is 64 bytes"));
  }
}

TEST(TileIds, AreOrderedAndHashed) {
  EXPECT_LT((TileId{0, 9}), (TileId{1, 0}));
  EXPECT_LT((NodeId{3, 1}), (NodeId{3, 2}));
  const absl::flat_hash_set<TileId> tiles = {{0, 1}, {1, 0}, {0, 1}};
  EXPECT_EQ(tiles.size(), 2);
}

TEST(TileTypes, AreHashedByTheirValue) {
  const absl::flat_hash_set<LeafIndex> indexes = {LeafIndex(1), LeafIndex(2), LeafIndex(1)};
  EXPECT_EQ(indexes.size(), 2);
  const absl::flat_hash_set<Hash> hashes = {HashLeaf("a"), HashLeaf("b"), HashLeaf("a")};
  EXPECT_EQ(hashes.size(), 2);
}

}  // namespace
}  // namespace cairn::merkle
