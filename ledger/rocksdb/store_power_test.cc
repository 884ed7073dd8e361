// The store on a disk that loses power at random moments, from the creation of the log on.
//
// CAIRN_LONG=1 runs more rounds. A failure prints its seed; CAIRN_SEED replays it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/rocksdb/store.h"
#include "ledger/rocksdb/testing/side_by_side.h"
#include "ledger/rocksdb/testing/simulated_disk.h"
#include "ledger/rocksdb/testing/store_access.h"
#include "ledger/rocksdb/testing/tree_writer.h"

namespace cairn::ledger {
namespace {

using testing::EntryAt;
using ::testing::IsEmpty;
using testing::SideBySide;
using testing::SimulatedDisk;
using ::testing::SizeIs;
using testing::TreeWriter;

IndexTag TagOf(LeafIndex index) {
  IndexTag tag;
  const std::string bytes = EntryAt(LeafIndex(~index.value()), tag.size());
  std::copy(bytes.begin(), bytes.end(), tag.begin());
  return tag;
}

// One log, through many power failures.
class Life {
 public:
  Life(uint64_t seed, bool sync) : random_(seed), sync_(sync) {}

  // Opens, checks, commits until the power fails, restarts the disk. An error says what was lost.
  absl::Status Round() {
    disk_->CutPowerAfter(1 + random_() % 150);
    OpenOptions options;
    options.path = "/log";
    options.origin = "example.com/log";
    options.vkey = "example.com/log+00000000+AQ==";
    options.block_cache_bytes = 1u << 20;
    options.file_system = disk_;
    absl::Status lost = absl::OkStatus();
    {
      auto store = RocksDbStore::Open(options);
      if (store.ok()) {
        if (!sync_) StoreAccess::DisableSync(**store);
        lost = Check(**store);
        while (lost.ok() && !disk_->power_is_off()) Step(**store);
      } else if (!disk_->power_is_off()) {
        lost = store.status();
      }
    }
    disk_->Restart(/*torn=*/random_() % 2 == 0, random_);
    return lost;
  }

  uint64_t acknowledged() const { return entries_.size(); }
  LeafIndex indexed() const { return indexed_; }

 private:
  // Everything that was acknowledged is there, the rest of an unanswered commit whole or not at
  // all.
  absl::Status Check(RocksDbStore& store) {
    const auto state = store.ReadState();
    if (!state.ok()) return state.status();
    if (*state == unanswered_.state()) Acknowledge();
    unanswered_ = acknowledged_;
    unanswered_entries_.clear();
    unanswered_tiles_.clear();
    if (acknowledged_.state().size.value() > 0 && *state != acknowledged_.state()) {
      return absl::DataLossError(absl::StrCat("the tree has ", state->size.value(), " entries of ",
                                              entries_.size(), " acknowledged"));
    }
    const auto stored = store.ReadEntries(LeafIndex(0), LeafIndex(entries_.size()));
    if (!stored.ok()) return stored.status();
    if (*stored != entries_) return absl::DataLossError("an entry has other bytes");
    for (const merkle::FullTile& tile : tiles_) {
      const auto hashes = store.ReadTile(tile.id);
      if (!hashes.ok()) return hashes.status();
      if (*hashes != tile.hashes) return absl::DataLossError("a tile has other hashes");
    }
    return CheckIndex(store);
  }

  absl::Status CheckIndex(RocksDbStore& store) {
    const auto watermark = store.IndexWatermark();
    if (!watermark.ok()) return watermark.status();
    if (*watermark < indexed_) return absl::DataLossError("the index watermark went back");
    if (watermark->value() > entries_.size()) return absl::DataLossError("index beyond the tree");
    indexed_ = *watermark;
    std::vector<IndexTag> tags;
    for (uint64_t i = 0; i < indexed_.value(); ++i) tags.push_back(TagOf(LeafIndex(i)));
    std::vector<std::vector<LeafIndex>> found(tags.size());
    const absl::Status status = store.FindRows(tags, absl::MakeSpan(found));
    for (uint64_t i = 0; status.ok() && i < found.size(); ++i) {
      if (found[i] != std::vector<LeafIndex>{LeafIndex(i)}) {
        return absl::DataLossError(absl::StrCat("index row ", i, " is missing"));
      }
    }
    return status;
  }

  void Step(RocksDbStore& store) {
    const uint64_t what = random_() % 20;
    if (what == 0) {
      StoreAccess::Database(store)
          .Flush({}, StoreAccess::Handle(store, kRuns))
          .PermitUncheckedError();
      return;
    }
    if (what == 1) {
      std::vector<IndexRow> rows;
      for (uint64_t i = indexed_.value(); i < entries_.size(); ++i) {
        rows.push_back({TagOf(LeafIndex(i)), LeafIndex(i)});
      }
      std::sort(rows.begin(), rows.end());
      if (store.IngestIndex(rows, LeafIndex(entries_.size())).ok()) {
        indexed_ = LeafIndex(entries_.size());
      }
      return;
    }
    // Bytes that no other attempt at this index had, so that an entry lost and written again shows.
    const size_t count = 1 + random_() % (what == 2 ? 600 : 20);
    unanswered_entries_.clear();
    for (size_t i = 0; i < count; ++i) unanswered_entries_.push_back(EntryAt(LeafIndex(random_())));
    const Commit commit = unanswered_.Next(unanswered_entries_);
    unanswered_tiles_ = commit.tiles;
    if (!store.Write(commit).ok()) {
      // As the log does: an unclear commit ends this process.
      disk_->CutPowerAfter(0);
      return;
    }
    Acknowledge();
    store.RecordSigned(acknowledged_.state()).IgnoreError();
  }

  void Acknowledge() {
    acknowledged_ = unanswered_;
    entries_.insert(entries_.end(), unanswered_entries_.begin(), unanswered_entries_.end());
    tiles_.insert(tiles_.end(), unanswered_tiles_.begin(), unanswered_tiles_.end());
    unanswered_entries_.clear();
    unanswered_tiles_.clear();
  }

  std::shared_ptr<SimulatedDisk> disk_ = std::make_shared<SimulatedDisk>();
  std::mt19937_64 random_;
  const bool sync_;
  TreeWriter acknowledged_, unanswered_;
  std::vector<std::string> entries_, unanswered_entries_;
  std::vector<merkle::FullTile> tiles_, unanswered_tiles_;
  LeafIndex indexed_;
};

constexpr int kRoundsPerLife = 25;

uint64_t Seed() {
  const char* seed = std::getenv("CAIRN_SEED");
  return seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1;
}

int Lives() { return std::getenv("CAIRN_LONG") != nullptr ? 200 : 20; }

TEST(StoreUnderPowerFailure, KeepsEveryAcknowledgedEntry) {
  std::atomic<uint64_t> acknowledged{0}, indexed{0};
  const std::vector<std::string> losses = SideBySide(Lives(), [&](int i) -> std::string {
    Life life(Seed() + i, /*sync=*/true);
    for (int round = 0; round < kRoundsPerLife; ++round) {
      const absl::Status lost = life.Round();
      if (lost.ok()) continue;
      return absl::StrCat(lost.ToString(), "; round ", round, " of CAIRN_SEED=", Seed() + i);
    }
    acknowledged += life.acknowledged();
    indexed += life.indexed().value();
    return "";
  });
  EXPECT_THAT(losses, IsEmpty());
  // The rounds must have done something.
  EXPECT_GT(acknowledged, uint64_t(Lives()) * 100);
  EXPECT_GT(indexed, uint64_t(Lives()) * 10);
  std::cout << Lives() * kRoundsPerLife << " power failures, " << acknowledged
            << " entries acknowledged\n";
}

TEST(StoreUnderPowerFailure, LosesEntriesWithoutSync) {
  const std::vector<std::string> losses = SideBySide(10, [&](int i) -> std::string {
    Life life(Seed() + i, /*sync=*/false);
    for (int round = 0; round < kRoundsPerLife; ++round) {
      if (!life.Round().ok()) return absl::StrCat("CAIRN_SEED=", Seed() + i);
    }
    return "";
  });
  EXPECT_THAT(losses, SizeIs(10));
}

}  // namespace
}  // namespace cairn::ledger
