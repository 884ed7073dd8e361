#include "ledger/rocksdb/codec.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cairn::ledger::codec {
namespace {

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;

TEST(Identity, ComesBackAndRefusesEveryOtherLength) {
  LogIdentity identity{
      .origin = "example.com/log", .vkey = "a vkey", .log_id = {}, .index_salt = {}};
  identity.log_id[3] = 7;
  identity.index_salt[31] = 9;
  const std::string bytes = FormatIdentity(identity);
  EXPECT_EQ(*ParseIdentity(bytes), identity);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(ParseIdentity(bytes.substr(0, size)).status().code(), kDataLoss) << size;
  }
  EXPECT_EQ(ParseIdentity(bytes + "x").status().code(), kDataLoss);
}

TEST(State, ComesBackAndRefusesSizesBeyondAnyTree) {
  TreeState state{TreeSize(0x0102030405060708), merkle::HashLeaf("x"), 12345};
  std::string bytes = FormatTreeState(state);
  EXPECT_EQ(bytes.substr(0, 8), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(*ParseTreeState(bytes), state);
  EXPECT_EQ(ParseTreeState(bytes.substr(1)).status().code(), kDataLoss);
  bytes[0] = '\x80';
  EXPECT_EQ(ParseTreeState(bytes).status().code(), kDataLoss);
}

TEST(Keys, RiseWithWhatTheyCount) {
  EXPECT_LT(RunKey(LeafIndex(255)), RunKey(LeafIndex(256)));
  EXPECT_LT(TileKey({0, 0xffff'ffff'ffff}), TileKey({1, 0}));
  EXPECT_LT(CertifierKey(LeafIndex(0xff)), CertifierKey(LeafIndex(0x100)));
  EXPECT_EQ(*ParseRunKey(RunKey(LeafIndex(77))), LeafIndex(77));
  EXPECT_EQ(*ParseCertifierKey(CertifierKey(LeafIndex(77))), LeafIndex(77));
  EXPECT_EQ(ParseRunKey("short").status().code(), kDataLoss);
  EXPECT_EQ(ParseCertifierKey("certifier/").status().code(), kDataLoss);
}

TEST(Run, ComesBackAndRefusesEveryCutWithinAnEntry) {
  const std::vector<std::string> entries = {"a", "", std::string(300, 'b')};
  const std::string bytes = FormatRun(entries);
  const auto parsed = ParseRun(bytes);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(std::vector<std::string>(parsed->begin(), parsed->end()), entries);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const bool between = size == 3 || size == 5;
    EXPECT_EQ(ParseRun(absl::string_view(bytes).substr(0, size)).ok(), between) << size;
  }
}

TEST(Tile, HoldsItsInnerNodesAtEveryLevel) {
  merkle::FullTile tile;
  for (int i = 0; i < 256; ++i) tile.hashes.push_back(merkle::HashLeaf(std::string(1, char(i))));
  tile.id = {1, 5};
  const std::string computed = FormatFullTile(tile);
  for (size_t i = 0; i < 16; ++i) {
    tile.inner.push_back(merkle::SubtreeRoot(absl::MakeConstSpan(tile.hashes).subspan(16 * i, 16)));
  }
  EXPECT_EQ(FormatFullTile(tile), computed);
  const auto parsed = ParseFullTile(computed);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->hashes, tile.hashes);
  EXPECT_EQ(parsed->inner, tile.inner);
  EXPECT_EQ(ParseFullTile(computed.substr(32)).status().code(), kDataLoss);
}

TEST(Indexes, ComeBackAndRefuseOtherLengthsAndOrders) {
  const std::vector<LeafIndex> indexes = {LeafIndex(0), LeafIndex(9), LeafIndex(kMaxIndexed)};
  const std::string bytes = FormatIndexes(indexes);
  EXPECT_EQ(bytes.size(), 18u);
  EXPECT_EQ(*ParseIndexes(bytes), indexes);
  EXPECT_EQ(ParseIndexes(bytes.substr(1)).status().code(), kDataLoss);
  EXPECT_EQ(ParseIndexes(bytes.substr(6) + bytes.substr(0, 6)).status().code(), kDataLoss);
  EXPECT_EQ(ParseIndexes(bytes + bytes.substr(12)).status().code(), kDataLoss);
}

TEST(Integers, RefuseOtherLengths) {
  EXPECT_EQ(*ParseU32(FormatU32(0xdeadbeef)), 0xdeadbeef);
  EXPECT_EQ(*ParseU64(FormatU64(1ull << 63)), 1ull << 63);
  EXPECT_EQ(ParseU32("123").status().code(), kDataLoss);
  EXPECT_EQ(ParseU64("123456789").status().code(), kDataLoss);
}

}  // namespace
}  // namespace cairn::ledger::codec
