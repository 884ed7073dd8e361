#include "ledger/rocksdb/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/rocksdb/codec.h"
#include "ledger/rocksdb/testing/store_access.h"
#include "ledger/rocksdb/testing/tree_writer.h"
#include "merkle/edge.h"
#include "merkle/proof.h"
#include "merkle/verify.h"

namespace cairn::ledger {
namespace {

using ::testing::ElementsAre;
using testing::EntryAt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TreeWriter;

namespace fs = std::filesystem;

class RocksDbStoreTest : public ::testing::Test {
 protected:
  RocksDbStoreTest() {
    std::string pattern = ::testing::TempDir() + "/storeXXXXXX";
    parent_ = mkdtemp(pattern.data());
    options_.path = parent_ + "/log";
    options_.origin = "example.com/log";
    options_.vkey = "example.com/log+00000000+AQ==";
    options_.block_cache_bytes = 8u << 20;
  }
  ~RocksDbStoreTest() override {
    store_.reset();
    fs::remove_all(parent_);
  }

  void Open() {
    store_.reset();
    auto opened = RocksDbStore::Open(options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  absl::Status OpenStatus() { return RocksDbStore::Open(options_).status(); }

  void Append(size_t count) {
    const absl::Status status = store_->Write(tree_.NextOf(count));
    ASSERT_TRUE(status.ok()) << status;
  }
  void ExpectEntries(uint64_t begin, uint64_t end) {
    const auto entries = store_->ReadEntries(LeafIndex(begin), LeafIndex(end));
    ASSERT_TRUE(entries.ok()) << entries.status();
    ASSERT_EQ(entries->size(), end - begin);
    for (uint64_t i = begin; i < end; ++i) {
      ASSERT_EQ((*entries)[i - begin], EntryAt(LeafIndex(i))) << "entry " << i;
    }
  }
  std::vector<LeafIndex> Find(const IndexTag& tag) {
    std::vector<LeafIndex> found;
    const absl::Status status = store_->FindRows({tag}, absl::MakeSpan(&found, 1));
    EXPECT_TRUE(status.ok()) << status;
    return found;
  }

  std::string parent_;
  OpenOptions options_;
  std::unique_ptr<RocksDbStore> store_;
  TreeWriter tree_;
};

IndexTag Tag(uint8_t fill) {
  IndexTag tag;
  tag.fill(fill);
  return tag;
}

// The tiles of a store, for merkle::Edge.
class StoreTiles final : public merkle::TileReader {
 public:
  StoreTiles(Store& store, TreeSize size) : store_(store), size_(size) {}
  absl::StatusOr<std::vector<Hash>> ReadTile(merkle::TileId id, uint32_t width) override {
    if (id.level > 0 || merkle::TileWidthAt(id, size_) == merkle::kTileWidth) {
      return store_.ReadTile(id);
    }
    const uint64_t begin = id.index * merkle::kTileWidth;
    const auto entries = store_.ReadEntries(LeafIndex(begin), LeafIndex(begin + width));
    if (!entries.ok()) return entries.status();
    std::vector<Hash> hashes;
    for (const std::string& entry : *entries) hashes.push_back(merkle::HashLeaf(entry));
    return hashes;
  }

 private:
  Store& store_;
  TreeSize size_;
};

class StoreNodes final : public merkle::NodeSource {
 public:
  explicit StoreNodes(Store& store) : store_(store) {}
  absl::Status Nodes(absl::Span<const merkle::NodeId> ids, absl::Span<Hash> out) override {
    return store_.ReadNodes(ids, out);
  }

 private:
  Store& store_;
};

TEST_F(RocksDbStoreTest, CreatesALogWithRandomIdentityAndAnEmptyTree) {
  Open();
  const LogIdentity first = store_->identity();
  EXPECT_EQ(first.origin, options_.origin);
  EXPECT_EQ(first.vkey, options_.vkey);
  const auto state = store_->ReadState();
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(*state, (TreeState{TreeSize(0), merkle::EmptyRoot(), 0}));
  EXPECT_THAT(*store_->CertifierEntries(), IsEmpty());
  EXPECT_EQ(*store_->IndexWatermark(), LeafIndex(0));
  EXPECT_EQ(*store_->LastSigned(), std::nullopt);
  EXPECT_GT(*store_->FreeSpaceBytes(), 0u);

  Open();
  EXPECT_EQ(store_->identity(), first);
  options_.path = parent_ + "/other";
  Open();
  EXPECT_NE(store_->identity().log_id, first.log_id);
  EXPECT_NE(store_->identity().index_salt, first.index_salt);
}

TEST_F(RocksDbStoreTest, DoesNotCreateWhenToldNotTo) {
  options_.create = false;
  EXPECT_EQ(OpenStatus().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(fs::exists(options_.path));
  options_.create = true;
  Open();
  options_.create = false;
  Open();
}

TEST_F(RocksDbStoreTest, TakesUpAnInterruptedCreation) {
  fs::create_directories(options_.path + "/db.creating");
  std::ofstream(options_.path + "/db.creating/CURRENT") << "MANIFEST-0000";
  std::ofstream(options_.path + "/signed") << "half";
  Open();
  Append(3);
  Open();
  ExpectEntries(0, 3);
}

TEST_F(RocksDbStoreTest, RefusesADatabaseThatVanishedUnderASignedTree) {
  Open();
  Append(3);
  ASSERT_TRUE(store_->RecordSigned(tree_.state()).ok());
  store_.reset();
  fs::remove_all(options_.path + "/db");
  const absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has lost its database"));
}

TEST_F(RocksDbStoreTest, RefusesAnotherLogNamingBoth) {
  Open();
  store_.reset();
  OpenOptions other = options_;
  other.origin = "example.com/other";
  absl::Status status = RocksDbStore::Open(other).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("example.com/log, not example.com/other"));
  other = options_;
  other.vkey = "example.com/log+11111111+AQ==";
  status = RocksDbStore::Open(other).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(other.vkey));
  EXPECT_THAT(std::string(status.message()), HasSubstr(options_.vkey));
}

TEST_F(RocksDbStoreTest, RefusesAnUnknownFormatNamingItsOwn) {
  Open();
  ASSERT_TRUE(StoreAccess::Database(*store_)
                  .Put({}, "format", codec::FormatU32(codec::kFormatVersion + 1))
                  .ok());
  store_.reset();
  const absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("format 3; this build reads format 2"));
}

TEST_F(RocksDbStoreTest, RefusesFamiliesOfALaterCairnWithoutTouchingThem) {
  Open();
  rocksdb::ColumnFamilyHandle* handle = nullptr;
  rocksdb::DB& db = StoreAccess::Database(*store_);
  ASSERT_TRUE(db.CreateColumnFamily({}, "later", &handle).ok());
  ASSERT_TRUE(db.DestroyColumnFamilyHandle(handle).ok());
  store_.reset();
  const absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("later"));
}

std::set<std::string> Listing(const std::string& path) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(path)) names.insert(entry.path());
  return names;
}

TEST_F(RocksDbStoreTest, RefusesADirectoryOfOtherFilesUntouched) {
  fs::create_directories(options_.path);
  std::ofstream(options_.path + "/thesis.txt") << "all of it";
  const auto before = Listing(parent_);
  const absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("holds thesis.txt"));
  EXPECT_EQ(Listing(parent_), before);
}

TEST_F(RocksDbStoreTest, RefusesAnotherRocksDbUntouched) {
  rocksdb::Options create;
  create.create_if_missing = true;
  for (const std::string& path : {options_.path, options_.path + "2/db"}) {
    fs::create_directories(path);
    rocksdb::DB* other = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(create, path, &other).ok());
    delete other;
  }
  auto before = Listing(options_.path);
  EXPECT_EQ(OpenStatus().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Listing(options_.path), before);

  options_.path += "2";
  before = Listing(options_.path + "/db");
  const absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("not a log"));
  EXPECT_EQ(Listing(options_.path + "/db"), before);
}

TEST_F(RocksDbStoreTest, RefusesASecondOpening) {
  Open();
  absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("another cairnd has ", options_.path, " open")));
  Append(1);
  ExpectEntries(0, 1);
}

TEST_F(RocksDbStoreTest, ReadsEveryRangeAcrossRunsAndReopening) {
  Open();
  for (const size_t count : {1, 2, 253, 1, 255, 300, 1024, 7}) Append(count);
  const uint64_t size = tree_.state().size.value();
  for (int pass = 0; pass < 2; ++pass) {
    for (uint64_t begin = 0; begin <= size; begin += begin < 600 ? 1 : 37) {
      for (const uint64_t length : {0, 1, 2, 255, 256, 257, 1000}) {
        if (begin + length <= size) ExpectEntries(begin, begin + length);
      }
    }
    ExpectEntries(0, size);
    EXPECT_EQ(*store_->ReadState(), tree_.state());
    Open();
  }
}

TEST_F(RocksDbStoreTest, AnswersOutOfRangeBeyondItsEntries) {
  Open();
  Append(5);
  EXPECT_TRUE(store_->ReadEntries(LeafIndex(5), LeafIndex(5)).ok());
  for (const auto& [begin, end] : {std::pair<uint64_t, uint64_t>{0, 6}, {5, 6}, {4, 3}, {9, 9}}) {
    EXPECT_EQ(store_->ReadEntries(LeafIndex(begin), LeafIndex(end)).status().code(),
              absl::StatusCode::kOutOfRange)
        << begin << " to " << end;
  }
}

TEST_F(RocksDbStoreTest, ReportsAHoleInTheEntriesAsDataLoss) {
  Open();
  for (int i = 0; i < 3; ++i) Append(256);
  ASSERT_TRUE(StoreAccess::Database(*store_)
                  .Delete({}, StoreAccess::Handle(*store_, kRuns), codec::RunKey(LeafIndex(256)))
                  .ok());
  ExpectEntries(0, 256);
  ExpectEntries(512, 768);
  for (const auto& [begin, end] : {std::pair<uint64_t, uint64_t>{255, 257}, {256, 257}, {0, 768}}) {
    const auto entries = store_->ReadEntries(LeafIndex(begin), LeafIndex(end));
    EXPECT_EQ(entries.status().code(), absl::StatusCode::kDataLoss) << begin << " to " << end;
  }
}

TEST_F(RocksDbStoreTest, RefusesToOpenWhenEntriesAndTreeEndApart) {
  Open();
  Append(256);
  Append(1);
  ASSERT_TRUE(StoreAccess::Database(*store_)
                  .Delete({}, StoreAccess::Handle(*store_, kRuns), codec::RunKey(LeafIndex(256)))
                  .ok());
  store_.reset();
  const absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("the entries end at 256, the tree at 257"));
}

TEST_F(RocksDbStoreTest, RefusesToOpenBelowTheLastSignedTree) {
  Open();
  Append(4);
  TreeState ahead = tree_.state();
  ahead.size = TreeSize(5);
  ASSERT_TRUE(store_->RecordSigned(ahead).ok());
  store_.reset();
  const absl::Status status = OpenStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has lost its end"));
}

TEST_F(RocksDbStoreTest, ServesProofsAndTheEdgeFromTilesOfThreeLevels) {
  Open();
  // Beyond 256^2, so that a tile of level 1 is full.
  while (tree_.state().size.value() < 70'000) Append(5'000);
  Open();
  const TreeState state = tree_.state();
  StoreTiles tiles(*store_, state.size);
  const auto edge = merkle::Edge::FromTiles(state.size, tiles);
  ASSERT_TRUE(edge.ok()) << edge.status();
  EXPECT_EQ(edge->root(), state.root);

  StoreNodes below(*store_);
  merkle::EdgeNodeSource source(*edge, below);
  std::mt19937_64 random(1);
  for (int i = 0; i < 300; ++i) {
    const LeafIndex index(random() % state.size.value());
    const auto proof = merkle::InclusionProof(index, state.size, source);
    ASSERT_TRUE(proof.ok()) << proof.status();
    EXPECT_TRUE(merkle::VerifyInclusion(index, state.size, merkle::HashLeaf(EntryAt(index)), *proof,
                                        state.root)
                    .ok())
        << index.value();
  }
}

TEST_F(RocksDbStoreTest, ReadsEveryNodeOfATileInTheOrderAsked) {
  Open();
  const Commit commit = tree_.NextOf(512);
  ASSERT_TRUE(store_->Write(commit).ok());
  std::vector<merkle::NodeId> ids;
  std::vector<Hash> expected;
  for (const auto& tile : commit.tiles) {
    ASSERT_EQ(tile.id.level, 0u);
    EXPECT_EQ(*store_->ReadTile(tile.id), tile.hashes);
    for (uint32_t level = 0; level < 8; ++level) {
      for (uint64_t i = 0; i < 256u >> level; ++i) {
        ids.push_back({level, (tile.id.index << (8 - level)) + i});
        expected.push_back(merkle::SubtreeRoot(
            absl::MakeConstSpan(tile.hashes).subspan(i << level, size_t{1} << level)));
      }
    }
  }
  std::mt19937_64 random(7);
  for (size_t i = ids.size() - 1; i > 0; --i) {
    const size_t j = random() % (i + 1);
    std::swap(ids[i], ids[j]);
    std::swap(expected[i], expected[j]);
  }
  std::vector<Hash> out(ids.size());
  ASSERT_TRUE(store_->ReadNodes(ids, absl::MakeSpan(out)).ok());
  EXPECT_EQ(out, expected);
}

TEST_F(RocksDbStoreTest, ReportsAMissingTileAsDataLoss) {
  Open();
  Append(512);
  Hash out;
  EXPECT_EQ(store_->ReadNodes({merkle::NodeId{0, 512}}, absl::MakeSpan(&out, 1)).code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(store_->ReadTile({0, 2}).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(RocksDbStoreTest, KeepsCertifierEntriesInOrder) {
  Open();
  for (int i = 0; i < 3; ++i) {
    Commit commit = tree_.NextOf(200);
    commit.certifiers = {LeafIndex(commit.first.value() + 1), LeafIndex(commit.first.value() + 90)};
    ASSERT_TRUE(store_->Write(commit).ok());
  }
  Open();
  EXPECT_THAT(*store_->CertifierEntries(),
              ElementsAre(LeafIndex(1), LeafIndex(90), LeafIndex(201), LeafIndex(290),
                          LeafIndex(401), LeafIndex(490)));
}

TEST_F(RocksDbStoreTest, FindsIngestedRowsOfATagRising) {
  Open();
  Append(100);
  ASSERT_TRUE(store_
                  ->IngestIndex({{Tag(0), LeafIndex(7)},
                                 {Tag(1), LeafIndex(1)},
                                 {Tag(1), LeafIndex(40)},
                                 {Tag(255), LeafIndex(2)}},
                                LeafIndex(41))
                  .ok());
  // Tag 1 as a whole again: what is ingested stands in place of what was.
  ASSERT_TRUE(
      store_
          ->IngestIndex({{Tag(1), LeafIndex(1)}, {Tag(1), LeafIndex(40)}, {Tag(1), LeafIndex(50)}},
                        LeafIndex(60))
          .ok());
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_THAT(Find(Tag(0)), ElementsAre(LeafIndex(7)));
    EXPECT_THAT(Find(Tag(1)), ElementsAre(LeafIndex(1), LeafIndex(40), LeafIndex(50)));
    EXPECT_THAT(Find(Tag(255)), ElementsAre(LeafIndex(2)));
    EXPECT_THAT(Find(Tag(2)), IsEmpty());
    EXPECT_EQ(*store_->IndexWatermark(), LeafIndex(60));
    Open();
  }
}

TEST_F(RocksDbStoreTest, TakesTheSameRowsTwiceAsOnce) {
  Open();
  Append(10);
  const std::vector<IndexRow> rows = {{Tag(3), LeafIndex(4)}, {Tag(9), LeafIndex(5)}};
  ASSERT_TRUE(store_->IngestIndex(rows, LeafIndex(10)).ok());
  ASSERT_TRUE(store_->IngestIndex(rows, LeafIndex(10)).ok());
  EXPECT_THAT(Find(Tag(3)), ElementsAre(LeafIndex(4)));
}

TEST_F(RocksDbStoreTest, KeepsTheNewestRowOfATagThroughCompaction) {
  Open();
  Append(600);
  std::vector<LeafIndex> expected;
  for (uint64_t file = 0; file < 6; ++file) {
    for (uint64_t i = 0; i < 100; ++i) expected.push_back(LeafIndex(100 * file + i));
    std::vector<IndexRow> rows;
    for (const LeafIndex index : expected) rows.push_back({Tag(7), index});
    ASSERT_TRUE(store_->IngestIndex(rows, LeafIndex(100 * file + 100)).ok());
  }
  EXPECT_EQ(Find(Tag(7)), expected);
  ASSERT_TRUE(StoreAccess::Database(*store_)
                  .CompactRange({}, StoreAccess::Handle(*store_, kIndex), nullptr, nullptr)
                  .ok());
  EXPECT_EQ(Find(Tag(7)), expected);
}

TEST_F(RocksDbStoreTest, MovesTheWatermarkWithoutRows) {
  Open();
  Append(10);
  ASSERT_TRUE(store_->IngestIndex({}, LeafIndex(8)).ok());
  Open();
  EXPECT_EQ(*store_->IndexWatermark(), LeafIndex(8));
}

TEST_F(RocksDbStoreTest, KeepsRowsAndWatermarkThroughCompaction) {
  Open();
  std::mt19937_64 random(3);
  std::vector<IndexRow> all;
  for (int file = 0; file < 12; ++file) {
    Append(200);
    std::vector<IndexRow> rows(200);
    for (size_t i = 0; i < rows.size(); ++i) {
      for (uint8_t& byte : rows[i].tag) byte = random();
      rows[i].index = LeafIndex(file * 200 + i);
    }
    std::sort(rows.begin(), rows.end());
    all.insert(all.end(), rows.begin(), rows.end());
    ASSERT_TRUE(store_->IngestIndex(rows, LeafIndex((file + 1) * 200)).ok());
  }
  ASSERT_TRUE(StoreAccess::Database(*store_)
                  .CompactRange({}, StoreAccess::Handle(*store_, kIndex), nullptr, nullptr)
                  .ok());
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_EQ(*store_->IndexWatermark(), LeafIndex(2400));
    for (const IndexRow& row : all) ASSERT_THAT(Find(row.tag), ElementsAre(row.index));
    Open();
  }
}

TEST_F(RocksDbStoreTest, ClearsWhatAnInterruptedIngestionLeft) {
  Open();
  Append(10);
  store_.reset();
  const std::string leftover = options_.path + "/staging/1.sst";
  std::ofstream(leftover) << "half a table";
  Open();
  EXPECT_FALSE(fs::exists(leftover));
  ASSERT_TRUE(store_->IngestIndex({{Tag(5), LeafIndex(1)}}, LeafIndex(2)).ok());
  EXPECT_TRUE(fs::is_empty(options_.path + "/staging"));
  EXPECT_THAT(Find(Tag(5)), ElementsAre(LeafIndex(1)));
}

TEST_F(RocksDbStoreTest, RemembersTheLastSignedTree) {
  Open();
  for (int i = 0; i < 3; ++i) {
    Append(2);
    ASSERT_TRUE(store_->RecordSigned(tree_.state()).ok());
    EXPECT_EQ(*store_->LastSigned(), tree_.state());
    Open();
    EXPECT_EQ(*store_->LastSigned(), tree_.state());
  }
}

TEST_F(RocksDbStoreTest, ServesReadersBesideTheWriter) {
  Open();
  Append(300);
  std::atomic<bool> done{false};
  // What Write() has returned for, as a reader of a signed tree knows it.
  std::atomic<uint64_t> size{300};
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&, r] {
      std::mt19937_64 random(r);
      do {
        const LeafIndex index(random() % size.load());
        const auto entries = store_->ReadEntries(index, LeafIndex(index.value() + 1));
        ASSERT_TRUE(entries.ok()) << entries.status();
        ASSERT_EQ(entries->front(), EntryAt(index));
        Hash node;
        const absl::Status read =
            store_->ReadNodes({merkle::NodeId{3, 5}}, absl::MakeSpan(&node, 1));
        ASSERT_TRUE(read.ok()) << read;
        std::vector<LeafIndex> rows;
        const absl::Status found = store_->FindRows({Tag(9)}, absl::MakeSpan(&rows, 1));
        ASSERT_TRUE(found.ok()) << found;
        ASSERT_TRUE(store_->LastSigned().ok());
      } while (!done);
    });
  }
  std::vector<IndexRow> rows;
  for (uint64_t i = 0; i < 40; ++i) {
    Append(64);
    size = tree_.state().size.value();
    ASSERT_TRUE(store_->RecordSigned(tree_.state()).ok());
    rows.push_back({Tag(9), LeafIndex(i)});
    ASSERT_TRUE(store_->IngestIndex(rows, LeafIndex(i + 1)).ok());
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(Find(Tag(9)).size(), 40u);
}

}  // namespace
}  // namespace cairn::ledger
