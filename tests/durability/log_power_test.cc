// The whole log, from Append() to its answer, on a disk that loses power at random moments: what
// `kill -9` cannot show, since the page cache survives it. Some of its lives end in a kill all the
// same, so that what a start makes of unsynced bytes is there to be lost by the next power failure.
//
// The disk (ledger/rocksdb/testing/simulated_disk.h) drops every byte and every directory entry
// that was not synced. The file of the last signed tree goes through it too.
// CAIRN_LONG=1 runs five times as many rounds. A failure prints its seed; CAIRN_SEED replays it,
// but for the interleaving of threads.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <future>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/log.h"
#include "ledger/rocksdb/store.h"
#include "ledger/rocksdb/testing/side_by_side.h"
#include "ledger/rocksdb/testing/simulated_disk.h"
#include "ledger/rocksdb/testing/store_access.h"
#include "ledger/testing/fixtures.h"
#include "tests/durability/promises.h"

namespace cairn::ledger {
namespace {

using ::testing::IsEmpty;
using testing::SideBySide;
using testing::SimulatedDisk;
using ::testing::SizeIs;

// One log, through many power failures.
class Life {
 public:
  Life(uint64_t seed, bool sync) : random_(seed), sync_(sync) {}

  // Opens, checks, appends until the power fails or the process is killed, restarts. An error says
  // what was lost.
  absl::Status Round() {
    disk_->CutPowerAfter(1 + random_() % 150);
    absl::Status lost = Live();
    if (random_() % 4 == 0) {
      disk_->RestartProcess();
    } else {
      disk_->Restart(/*torn=*/random_() % 2 == 0, random_);
    }
    return lost;
  }

  size_t acknowledged() const { return promises_.acknowledged(); }
  size_t duplicates() const { return promises_.duplicates(); }

 private:
  struct Asked {
    std::vector<uint64_t> seeds;
    std::future<AppendResult> result;
  };

  absl::Status Live() {
    const LogIdentity identity = TestIdentity();
    OpenOptions options;
    options.path = "/log";
    options.origin = identity.origin;
    options.vkey = identity.vkey;
    options.block_cache_bytes = 1u << 20;
    options.file_system = disk_;
    const auto store = RocksDbStore::Open(options);
    if (!store.ok()) return disk_->power_is_off() ? absl::OkStatus() : store.status();
    if (!sync_) StoreAccess::DisableSync(**store);
    LogOptions log_options;
    // Small, so that index tables are written all the time.
    log_options.max_recent_rows = 60;
    const auto log = Log::Open(log_options, store->get(), &clock_, &TestSigner());
    if (!log.ok()) return disk_->power_is_off() ? absl::OkStatus() : log.status();
    if (const absl::Status lost = promises_.Check(**log); !lost.ok()) return lost;
    return AppendUntilPowerFails(**store, **log);
  }

  absl::Status AppendUntilPowerFails(RocksDbStore& store, Log& log) {
    std::deque<Asked> asked;
    absl::Status lost = absl::OkStatus();
    while (lost.ok() && !disk_->power_is_off()) {
      if (random_() % 20 == 0) {
        // Entries go to their table file and the next WAL begins, while others stay behind.
        StoreAccess::Database(store)
            .Flush({}, StoreAccess::Handle(store, kRuns))
            .PermitUncheckedError();
      }
      Asked next;
      const size_t count = 1 + random_() % (random_() % 10 == 0 ? 200 : 8);
      std::vector<Submission> batch;
      for (size_t i = 0; i < count; ++i) {
        // Now and then a statement that is known: it must be found, in whichever place it is.
        const std::optional<uint64_t> old =
            random_() % 4 == 0 ? promises_.RandomSeed(random_) : std::nullopt;
        next.seeds.push_back(old ? *old : ++next_seed_);
        batch.push_back(Submit(MakeStatement(next.seeds.back())));
      }
      next.result = AppendAsync(log, std::move(batch));
      asked.push_back(std::move(next));
      if (asked.size() < 4) continue;
      lost = Take(asked.front());
      asked.pop_front();
      clock_.Advance(1);
    }
    for (Asked& rest : asked) {
      if (const absl::Status status = Take(rest); lost.ok()) lost = status;
    }
    return lost;
  }

  // Remembers what an answer acknowledged.
  absl::Status Take(Asked& asked) {
    const AppendResult result = asked.result.get();
    if (!result.status.ok()) return disk_->power_is_off() ? absl::OkStatus() : result.status;
    return promises_.Take(asked.seeds, result);
  }

  std::shared_ptr<SimulatedDisk> disk_ = std::make_shared<SimulatedDisk>();
  std::mt19937_64 random_;
  const bool sync_;
  ManualClock clock_;
  uint64_t next_seed_ = 0;
  Promises promises_;
};

constexpr int kRoundsPerLife = 25;

uint64_t Seed() {
  const char* seed = std::getenv("CAIRN_SEED");
  return seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1;
}

int Lives() { return std::getenv("CAIRN_LONG") != nullptr ? 200 : 40; }

TEST(LogUnderPowerFailure, KeepsEveryAcknowledgedEntry) {
  std::atomic<uint64_t> acknowledged{0}, duplicates{0};
  const std::vector<std::string> losses = SideBySide(Lives(), [&](int i) -> std::string {
    Life life(Seed() + i, /*sync=*/true);
    for (int round = 0; round < kRoundsPerLife; ++round) {
      const absl::Status lost = life.Round();
      if (lost.ok()) continue;
      return absl::StrCat(lost.ToString(), "; round ", round, " of CAIRN_SEED=", Seed() + i);
    }
    acknowledged += life.acknowledged();
    duplicates += life.duplicates();
    return "";
  });
  EXPECT_THAT(losses, IsEmpty());
  // The rounds must have done something.
  EXPECT_GT(acknowledged, uint64_t(Lives()) * 100);
  EXPECT_GT(duplicates, uint64_t(Lives()) * 10);
  std::cout << Lives() * kRoundsPerLife << " power failures, " << acknowledged
            << " entries acknowledged\n";
}

TEST(LogUnderPowerFailure, LosesEntriesWithoutSync) {
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
