#include "ledger/hash_index.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "ledger/testing/fixtures.h"
#include "ledger/testing/memory_store.h"

namespace cairn::ledger {
namespace {

// A store that holds `size` entries, of which nobody asks for the content.
void Fill(MemoryStore& store, uint64_t size) {
  const absl::StatusOr<TreeState> state = store.ReadState();
  Commit commit{.first = LeafIndex(state->size.value()),
                .entries = std::vector<std::string>(size - state->size.value(), "entry"),
                .tiles = {},
                .certifiers = {},
                .state = {.size = TreeSize(size), .root = Hash{}}};
  ASSERT_TRUE(store.Write(commit).ok());
}

IndexTag TagNumber(uint64_t number) {
  IndexTag tag{};
  for (int i = 0; i < 8; ++i) tag[i] = static_cast<uint8_t>(number >> 8 * i);
  return tag;
}

std::vector<LeafIndex> FindOne(HashIndex& index, const IndexTag& tag) {
  std::vector<LeafIndex> found;
  EXPECT_TRUE(index.Find({&tag, 1}, {&found, 1}).ok());
  return found;
}

TEST(HashIndex, TagsDependOnTheSaltAndTheHash) {
  MemoryStore store(TestIdentity());
  LogIdentity other_identity = TestIdentity();
  other_identity.index_salt.fill(1);
  MemoryStore other_store(other_identity);
  const HashIndex index(&store, 10);
  const HashIndex other(&other_store, 10);
  const Hash hash = merkle::Sha256("a");
  EXPECT_EQ(index.TagOf(hash), index.TagOf(hash));
  EXPECT_NE(index.TagOf(hash), other.TagOf(hash));
  EXPECT_NE(index.TagOf(hash), index.TagOf(merkle::Sha256("b")));
  const Hash salted = merkle::Sha256(std::string(32, 0x5a) + std::string(hash.view()));
  EXPECT_TRUE(
      std::equal(salted.bytes.begin(), salted.bytes.begin() + 16, index.TagOf(hash).begin()));
}

TEST(HashIndex, FindsAllRowsOfATagRisingWhereverTheyAre) {
  MemoryStore store(TestIdentity());
  HashIndex index(&store, 6);
  const IndexTag tag = TagNumber(1);
  std::vector<LeafIndex> expected;
  for (uint64_t i = 0; i < 20; ++i) {
    const std::vector<NewRow> rows = {{tag, LeafIndex(2 * i)},
                                      {TagNumber(100 + i), LeafIndex(2 * i + 1)}};
    index.Add(rows, TreeSize(2 * i + 2));
    expected.push_back(LeafIndex(2 * i));
    Fill(store, 2 * i + 2);
    // Leaves some rows in the active table, some frozen, some stored.
    if (i % 3 == 0) {
      ASSERT_TRUE(index.Ingest(TreeSize(2 * i + 2)).ok());
    }
    EXPECT_EQ(FindOne(index, tag), expected);
  }
  EXPECT_GT(store.ingested_rows(), 0u);
  EXPECT_TRUE(FindOne(index, TagNumber(99)).empty());
}

TEST(HashIndex, IsFullWhileAFullTableWaitsBehindAFrozenOne) {
  MemoryStore store(TestIdentity());
  HashIndex index(&store, 4);
  for (uint64_t i = 0; i < 4; ++i) {
    EXPECT_FALSE(index.full());
    index.Add(std::vector<NewRow>{{TagNumber(i), LeafIndex(i)}}, TreeSize(i + 1));
  }
  EXPECT_TRUE(index.full());
  Fill(store, 4);
  ASSERT_TRUE(index.Ingest(TreeSize(1)).ok());
  EXPECT_TRUE(index.full());
  ASSERT_TRUE(index.Ingest(TreeSize(4)).ok());
  EXPECT_FALSE(index.full());
  EXPECT_EQ(*store.IndexWatermark(), LeafIndex(2));
}

TEST(HashIndex, KeepsItsRowsWhenTheStoreFails) {
  MemoryStore store(TestIdentity());
  HashIndex index(&store, 2);
  index.Add(std::vector<NewRow>{{TagNumber(1), LeafIndex(0)}}, TreeSize(1));
  Fill(store, 1);
  store.FailIngest();
  EXPECT_EQ(index.Ingest(TreeSize(1)).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(FindOne(index, TagNumber(1)), std::vector<LeafIndex>{LeafIndex(0)});
}

TEST(HashIndex, NeverMissesARowWhileItMovesToTheStore) {
  constexpr uint64_t kRows = 2000;
  MemoryStore store(TestIdentity());
  Fill(store, kRows);
  HashIndex index(&store, 8);
  std::atomic<uint64_t> added = 0;
  std::atomic<uint64_t> looks = 0;
  std::thread reader([&] {
    for (uint64_t seen = 0, i = 0; seen < kRows; ++i) {
      seen = added.load();
      if (seen == 0) continue;
      const uint64_t row = (i * 7919) % seen;
      ASSERT_EQ(FindOne(index, TagNumber(row)), std::vector<LeafIndex>{LeafIndex(row)});
      looks.fetch_add(1);
    }
  });
  for (uint64_t i = 0; i < kRows; ++i) {
    index.Add(std::vector<NewRow>{{TagNumber(i), LeafIndex(i)}}, TreeSize(i + 1));
    added.store(i + 1);
    ASSERT_TRUE(index.Ingest(TreeSize(i + 1)).ok());
    // Neither runs away from the other.
    while (looks.load() < i / 4 && !::testing::Test::HasFatalFailure()) std::this_thread::yield();
  }
  reader.join();
}

}  // namespace
}  // namespace cairn::ledger
