#include "ledger/reader.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "ledger/testing/commit_path.h"
#include "ledger/testing/fixtures.h"
#include "ledger/testing/memory_store.h"
#include "merkle/hash.h"
#include "merkle/naive_tree.h"
#include "merkle/verify.h"

namespace cairn::ledger {
namespace {

// 700 entries in commits of several sizes; the last commit begins at 650.
class ReaderTest : public testing::Test {
 protected:
  ReaderTest() {
    path_ = *CommitPath::Open(&store_, &clock_, /*max_recent_rows=*/100);
    for (const auto& [first, count] : {std::pair(0, 1), {1, 300}, {301, 349}, {650, 50}}) {
      std::vector<std::vector<Submission>> batches(1);
      batches[0] = BatchOf(first, count);
      absl::StatusOr<Prepared> prepared = path_->Prepare(std::move(batches));
      EXPECT_TRUE(path_->Write(*prepared).ok());
      EXPECT_TRUE(path_->Ingest().ok());
      view_ = *path_->Publish(*std::move(prepared));
    }
    reader_ = std::make_unique<Reader>(&store_, &path_->index());
    entries_ = *store_.ReadEntries(LeafIndex(0), LeafIndex(700));
    std::vector<Hash> leaves;
    for (const std::string& entry : entries_) leaves.push_back(merkle::HashLeaf(entry));
    tree_ = std::make_unique<merkle::NaiveTree>(std::move(leaves));
  }

  // What a look-up found, with its proofs verified.
  struct Found {
    std::vector<LeafIndex> indexes;
    std::optional<LeafIndex> next = std::nullopt;
    friend bool operator==(const Found&, const Found&) = default;
  };
  Found Find(const View& view, const Hash& hash, const std::optional<std::string>& certifier,
             uint64_t from, size_t limit) {
    const auto found =
        reader_->Find(view, hash, certifier, view.size(), LeafIndex(from), limit).value();
    Found out{.indexes = {}, .next = found.next};
    for (const ProvenEntry& proven : found.entries) {
      out.indexes.push_back(proven.index);
      EXPECT_TRUE(merkle::VerifyInclusion(proven.index, view.size(), merkle::HashLeaf(proven.entry),
                                          proven.proof, view.state.root)
                      .ok());
    }
    return out;
  }

  MemoryStore store_{TestIdentity()};
  ManualClock clock_;
  std::unique_ptr<CommitPath> path_;
  std::shared_ptr<const View> view_;
  std::unique_ptr<Reader> reader_;
  std::vector<std::string> entries_;
  std::unique_ptr<merkle::NaiveTree> tree_;
};

TEST_F(ReaderTest, MakesTheReferencesInclusionProofsAtEverySize) {
  for (const uint64_t size : {1, 2, 255, 256, 257, 512, 513, 650, 651, 699, 700}) {
    for (uint64_t index = 0; index < size; index += index % 2 == 0 ? 1 : 6) {
      const auto proven = reader_->Prove(*view_, LeafIndex(index), TreeSize(size));
      ASSERT_TRUE(proven.ok()) << index << " at " << size << ": " << proven.status();
      EXPECT_EQ(proven->entry, entries_[index]);
      EXPECT_EQ(proven->proof, tree_->Path(index, 0, size)) << index << " at " << size;
    }
  }
}

TEST_F(ReaderTest, MakesTheReferencesConsistencyProofs) {
  const std::vector<uint64_t> sizes = {1, 2, 3, 255, 256, 257, 300, 512, 513, 650, 651, 700};
  for (const uint64_t old_size : sizes) {
    for (const uint64_t new_size : sizes) {
      if (old_size > new_size) continue;
      const auto proof = reader_->ConsistencyProof(*view_, TreeSize(old_size), TreeSize(new_size));
      ASSERT_TRUE(proof.ok()) << old_size << " to " << new_size << ": " << proof.status();
      EXPECT_EQ(*proof, tree_->Consistency(old_size, new_size)) << old_size << " to " << new_size;
    }
  }
}

TEST_F(ReaderTest, RefusesProofsThatTheTreeDoesNotHave) {
  const auto inclusion = [&](uint64_t index, uint64_t size) {
    return reader_->Prove(*view_, LeafIndex(index), TreeSize(size)).status().code();
  };
  EXPECT_EQ(inclusion(700, 700), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(inclusion(5, 5), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(inclusion(0, 0), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(inclusion(0, 701), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(inclusion(0, UINT64_MAX), absl::StatusCode::kOutOfRange);
  const auto consistency = [&](uint64_t old_size, uint64_t new_size) {
    return reader_->ConsistencyProof(*view_, TreeSize(old_size), TreeSize(new_size))
        .status()
        .code();
  };
  EXPECT_EQ(consistency(0, 5), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(consistency(6, 5), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(consistency(5, 701), absl::StatusCode::kOutOfRange);
}

TEST_F(ReaderTest, ReadsAnyRangeFromStoreAndMemory) {
  for (const auto& [begin, end] : {std::pair(0, 700),
                                   {0, 0},
                                   {0, 1},
                                   {255, 257},
                                   {640, 660},
                                   {649, 650},
                                   {650, 700},
                                   {700, 700}}) {
    const auto entries = reader_->ReadEntries(*view_, LeafIndex(begin), LeafIndex(end), 1 << 20);
    ASSERT_TRUE(entries.ok()) << entries.status();
    EXPECT_EQ(*entries, std::vector<std::string>(entries_.begin() + begin, entries_.begin() + end));
  }
}

TEST_F(ReaderTest, StopsBeforeTheBytesRunOutButNotBeforeOneEntry) {
  const size_t entry_bytes = entries_[10].size();
  const auto count = [&](size_t max_bytes) {
    return reader_->ReadEntries(*view_, LeafIndex(10), LeafIndex(30), max_bytes)->size();
  };
  EXPECT_EQ(count(0), 1u);
  EXPECT_EQ(count(entry_bytes), 1u);
  EXPECT_EQ(count(5 * entry_bytes - 1), 4u);
  EXPECT_EQ(count(5 * entry_bytes), 5u);
}

TEST_F(ReaderTest, RefusesRangesThatTheTreeDoesNotHave) {
  EXPECT_EQ(reader_->ReadEntries(*view_, LeafIndex(5), LeafIndex(4), 100).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(reader_->ReadEntries(*view_, LeafIndex(5), LeafIndex(701), 100).status().code(),
            absl::StatusCode::kOutOfRange);
}

TEST_F(ReaderTest, ReadsEveryTileOfTheTreeAndNoOther) {
  // 700 entries: two full tiles and 188 hashes; above them a partial tile of 2.
  for (const auto& [level, index, width] : {std::tuple(0, 0, 256),
                                            {0, 0, 1},
                                            {0, 1, 255},
                                            {0, 2, 188},
                                            {0, 2, 1},
                                            {1, 0, 2},
                                            {1, 0, 1}}) {
    const merkle::TileSlice tile{
        .id = {.level = static_cast<uint32_t>(level), .index = static_cast<uint64_t>(index)},
        .width = static_cast<uint32_t>(width)};
    const auto hashes = reader_->ReadTile(*view_, tile);
    ASSERT_TRUE(hashes.ok()) << hashes.status();
    ASSERT_EQ(hashes->size(), tile.width);
    const uint64_t leaves = level == 0 ? 1 : 256;
    for (uint64_t i = 0; i < tile.width; ++i) {
      const uint64_t begin = (tile.id.index * 256 + i) * leaves;
      EXPECT_EQ((*hashes)[i], tree_->Mth(begin, begin + leaves)) << merkle::FormatTilePath(tile);
    }
  }
  for (const auto& [level, index, width] : {std::tuple(0, 2, 189),
                                            {0, 2, 256},
                                            {0, 3, 1},
                                            {0, 0, 0},
                                            {0, 0, 257},
                                            {1, 0, 3},
                                            {1, 1, 1},
                                            {2, 0, 1},
                                            {63, 0, 1}}) {
    const merkle::TileSlice tile{
        .id = {.level = static_cast<uint32_t>(level), .index = static_cast<uint64_t>(index)},
        .width = static_cast<uint32_t>(width)};
    EXPECT_EQ(reader_->ReadTile(*view_, tile).status().code(), absl::StatusCode::kOutOfRange)
        << level << " " << index << " " << width;
  }
}

TEST_F(ReaderTest, AnOldViewShowsNothingNewer) {
  const Hash hash = MakeStatement(10'000).certificate_hash;
  path_->Run(Submit(MakeStatement(10'000)));
  EXPECT_TRUE(Find(*view_, hash, std::nullopt, 0, 10).indexes.empty());
  EXPECT_EQ(reader_->ReadEntries(*view_, LeafIndex(700), LeafIndex(701), 100).status().code(),
            absl::StatusCode::kOutOfRange);
  // Nor do new tiles disturb its proofs.
  for (uint64_t i = 1; i < 400; ++i) path_->Run(Submit(MakeStatement(10'000 + i)));
  EXPECT_EQ(reader_->Prove(*view_, LeafIndex(3), TreeSize(700))->proof, tree_->Path(3, 0, 700));
  EXPECT_EQ(Find(*path_->Newest(), hash, std::nullopt, 0, 10).indexes.size(), 1u);
}

TEST_F(ReaderTest, FindsStatementsByHashAndCertifier) {
  for (const char* certifier : {"b", "c", "d"}) {
    path_->Run(Submit(MakeStatement(42, certifier)));
  }
  const std::shared_ptr<const View> view = path_->Newest();
  const Hash hash = MakeStatement(42).certificate_hash;
  const auto find = [&](const std::optional<std::string>& certifier, uint64_t from, size_t limit) {
    return Find(*view, hash, certifier, from, limit);
  };
  EXPECT_EQ(find(std::nullopt, 0, 10),
            (Found{{LeafIndex(42), LeafIndex(700), LeafIndex(701), LeafIndex(702)}}));
  EXPECT_EQ(find(std::nullopt, 43, 2), (Found{{LeafIndex(700), LeafIndex(701)}, LeafIndex(702)}));
  EXPECT_EQ(find(std::nullopt, 702, 1), (Found{{LeafIndex(702)}}));
  EXPECT_EQ(find("c", 0, 10), (Found{{LeafIndex(701)}}));
  EXPECT_EQ(find("nobody", 0, 10), Found{});
  EXPECT_EQ(find(std::nullopt, 0, 0), (Found{{}, LeafIndex(42)}));
  store_.AddForeignCandidates({LeafIndex(5), LeafIndex(6)});
  EXPECT_EQ(find("acme", 0, 10), (Found{{LeafIndex(42)}}));
}

TEST_F(ReaderTest, ReadsABoundedNumberOfEntriesForOneLookUp) {
  std::vector<LeafIndex> foreign;
  for (uint64_t i = 0; i < 600; ++i) foreign.push_back(LeafIndex(i));
  store_.AddForeignCandidates(std::move(foreign));
  const Hash hash = MakeStatement(599).certificate_hash;
  const auto find = [&](uint64_t from) { return Find(*view_, hash, std::nullopt, from, 10); };
  EXPECT_EQ(find(0), (Found{{}, LeafIndex(256)}));
  EXPECT_EQ(find(256), (Found{{}, LeafIndex(512)}));
  EXPECT_EQ(find(512), (Found{{LeafIndex(599)}}));
}

}  // namespace
}  // namespace cairn::ledger
