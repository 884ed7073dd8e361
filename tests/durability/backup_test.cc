// Copies of a log that is written, flushed, indexed and compacted meanwhile: each is sound, begins
// as the log does, and lacks nothing that was acknowledged before it was begun.

#include "ledger/rocksdb/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "anchor/rocksdb/check.h"
#include "anchor/rocksdb/store.h"
#include "ledger/check/check.h"
#include "ledger/log.h"
#include "ledger/rocksdb/read_only_log.h"
#include "ledger/rocksdb/restore.h"
#include "ledger/rocksdb/store.h"
#include "ledger/rocksdb/testing/real_directory.h"
#include "ledger/rocksdb/testing/store_access.h"
#include "ledger/testing/fixtures.h"
#include "tests/anchor/testing/stored_rounds.h"

namespace cairn::ledger {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

constexpr uint64_t kEntriesACopy = 2'000;

int Backups() { return std::getenv("CAIRN_LONG") != nullptr ? 60 : 12; }

class BackedUpLog : public ::testing::Test {
 protected:
  OpenOptions Options(const std::string& name) {
    OpenOptions options;
    options.path = Path(name);
    options.origin = TestIdentity().origin;
    options.vkey = TestIdentity().vkey;
    options.block_cache_bytes = 1u << 20;
    return options;
  }
  std::string Path(const std::string& name) { return directory_.path() + "/" + name; }

  void Open(const std::string& name) {
    auto store = RocksDbStore::Open(Options(name));
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    LogOptions log_options;
    log_options.max_recent_rows = 2'000;
    auto log = Log::Open(log_options, store_.get(), &clock_, &TestSigner());
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }
  void Close() {
    log_.reset();
    store_.reset();
  }

  void Append(size_t count) {
    const AppendResult result = AppendAndWait(*log_, BatchOf(next_seed_, count));
    ASSERT_TRUE(result.status.ok()) << result.status;
    next_seed_ += count;
  }

  absl::Status Copy(const std::string& name) {
    CopyProgress progress;
    const absl::Status copied = CopyLog(Path("log"), Path(name), &progress);
    if (copied.ok()) {
      EXPECT_EQ(progress.bytes, progress.all_bytes);
    }
    return copied;
  }

  // The state of a copy, which must be sound.
  TreeState CheckCopy(const std::string& name) {
    const auto log = ReadOnlyLog::Open(Path(name));
    EXPECT_TRUE(log.ok()) << log.status();
    if (!log.ok()) return {};
    CheckProgress progress;
    const auto report = CheckLog(**log, {.threads = 1}, &progress);
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return {};
    for (const Finding& finding : report->findings) ADD_FAILURE() << name << ": " << finding.what;
    return report->state;
  }

  testing::RealDirectory directory_;
  ManualClock clock_;
  std::unique_ptr<RocksDbStore> store_;
  std::unique_ptr<Log> log_;
  uint64_t next_seed_ = 1;
};

TEST_F(BackedUpLog, IsSoundAndAPrefixWhileItIsWrittenAndReorganised) {
  Open("log");
  std::mutex mutex;
  std::map<TreeSize, Hash> roots;
  const auto subscription = log_->Subscribe([&](const std::shared_ptr<const View>& view) {
    const std::lock_guard lock(mutex);
    roots[view->size()] = view->state.root;
  });
  Append(100);
  std::atomic<bool> done = false;
  // Every copy is checked whole: the log may not grow faster than it is copied.
  std::atomic<uint64_t> allowed = kEntriesACopy;
  std::thread writer([&] {
    for (;;) {
      const uint64_t limit = allowed;
      if (done) return;
      if (log_->Newest()->size().value() < limit) {
        Append(150);
      } else {
        allowed.wait(limit);
      }
    }
  });
  std::thread flusher([&] {
    rocksdb::DB& db = StoreAccess::Database(*store_);
    for (int i = 0; !done; ++i) {
      const Family family = std::array{kRuns, kTiles, kState}[i % 3];
      EXPECT_TRUE(db.Flush({}, StoreAccess::Handle(*store_, family)).ok());
      if (i % 5 == 0) {
        EXPECT_TRUE(
            db.CompactRange({}, StoreAccess::Handle(*store_, kIndex), nullptr, nullptr).ok());
        EXPECT_TRUE(
            db.CompactRange({}, StoreAccess::Handle(*store_, kRuns), nullptr, nullptr).ok());
      }
    }
  });
  std::vector<TreeState> copies;
  for (int i = 0; i < Backups(); ++i) {
    const TreeSize acknowledged = log_->Newest()->size();
    const absl::Status copied = Copy("copy");
    EXPECT_TRUE(copied.ok()) << copied;
    copies.push_back(CheckCopy("copy"));
    EXPECT_GE(copies.back().size, acknowledged);
    fs::remove_all(Path("copy"));
    allowed += kEntriesACopy;
    allowed.notify_one();
  }
  done = true;
  ++allowed;
  allowed.notify_one();
  writer.join();
  flusher.join();
  log_->Stop();
  for (const TreeState& copy : copies) {
    ASSERT_TRUE(roots.count(copy.size)) << copy.size.value();
    EXPECT_EQ(copy.root, roots.at(copy.size));
  }
  EXPECT_GT(copies.back().size, copies.front().size);
}

TEST_F(BackedUpLog, IsSoundWhereverFilesChangeWhileTheyAreLookedAt) {
  Open("log");
  for (const int moment : {0, 1}) {
    Append(3'000);
    const TreeSize acknowledged = log_->Newest()->size();
    int calls = 0;
    CopyProgress progress;
    const absl::Status copied = CopyLog(Path("log"), Path("copy"), &progress, [&] {
      if (calls++ != moment) return;
      // New tables, new WALs; the old ones go.
      for (int i = 0; i < 2; ++i) {
        Append(3'000);
        for (const Family family : {kState, kRuns, kTiles, kIndex}) {
          rocksdb::DB& db = StoreAccess::Database(*store_);
          auto* const handle = StoreAccess::Handle(*store_, family);
          ASSERT_TRUE(db.Flush({}, handle).ok());
          rocksdb::CompactRangeOptions all;
          all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
          ASSERT_TRUE(db.CompactRange(all, handle, nullptr, nullptr).ok());
        }
      }
    });
    ASSERT_TRUE(copied.ok()) << copied;
    // Only what changed after the manifest was read takes another look.
    EXPECT_EQ(calls, moment == 0 ? 2 : 4);
    EXPECT_GE(CheckCopy("copy").size, acknowledged);
    fs::remove_all(Path("copy"));
  }
}

TEST_F(BackedUpLog, TakesWhatLeansOnTheTreeAlong) {
  Open("log");
  Append(300);
  const std::string anchors = Path("log") + "/anchors";
  ASSERT_TRUE(
      anchor::testing::FillWithRounds(anchors, TestIdentity().origin, 20, /*tree_size=*/300).ok());
  std::ofstream(Path("log") + "/published") << "a note\n";
  // While it is open, and with rows that are in its WAL alone.
  const auto store = anchor::RocksDbStore::Open({.path = anchors, .log = TestIdentity().origin});
  ASSERT_TRUE(store.ok()) << store.status();
  const absl::Status spent = (*store)->Write({.spent = anchor::Spent{"tsa", 5, 6}});
  ASSERT_TRUE(spent.ok()) << spent;
  ASSERT_TRUE(Copy("copy").ok());
  EXPECT_EQ(CheckCopy("copy").size, TreeSize(300));
  const auto checked = anchor::CheckStore(Path("copy") + "/anchors", TestIdentity().origin);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->rounds, 20u);
  EXPECT_EQ(checked->receipts, 20u);
  EXPECT_EQ(checked->newest->size, TreeSize(300));
  const auto copied =
      anchor::RocksDbStore::Open({.path = Path("copy") + "/anchors", .log = TestIdentity().origin});
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ((*copied)->ReadSpent()->size(), 1u);
  std::ifstream in(Path("copy") + "/published");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "a note\n");
}

TEST_F(BackedUpLog, HasTheAnchorsOfAMomentBeforeThatOfTheTree) {
  Open("log");
  Append(300);
  const std::string anchors = Path("log") + "/anchors";
  ASSERT_TRUE(
      anchor::testing::FillWithRounds(anchors, TestIdentity().origin, 2, /*tree_size=*/300).ok());
  CopyProgress progress;
  bool grown = false;
  // A round over what is appended while the copy is made is not in it.
  const absl::Status copied = CopyLog(Path("log"), Path("copy"), &progress, [&] {
    if (std::exchange(grown, true)) return;
    Append(100);
    std::filesystem::remove_all(anchors);
    ASSERT_TRUE(
        anchor::testing::FillWithRounds(anchors, TestIdentity().origin, 4, /*tree_size=*/400).ok());
  });
  ASSERT_TRUE(copied.ok()) << copied;
  EXPECT_EQ(progress.bytes, progress.all_bytes);
  const TreeSize size = CheckCopy("copy").size;
  const auto checked = anchor::CheckStore(Path("copy") + "/anchors", TestIdentity().origin);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->rounds, 2u);
  EXPECT_LE(checked->newest->size, size);
}

TEST_F(BackedUpLog, IsItsOwnersAloneWhateverTheUmask) {
  Open("log");
  Append(10);
  ASSERT_TRUE(anchor::testing::FillWithRounds(Path("log") + "/anchors", TestIdentity().origin, 1,
                                              /*tree_size=*/1)
                  .ok());
  const mode_t before = umask(0);
  const absl::Status copied = Copy("copy");
  umask(before);
  ASSERT_TRUE(copied.ok()) << copied;
  EXPECT_EQ(fs::status(Path("copy")).permissions(), fs::perms(0700));
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(Path("copy"))) {
    EXPECT_EQ(entry.status().permissions(), fs::perms(entry.is_directory() ? 0700 : 0600))
        << entry.path();
  }
}

TEST_F(BackedUpLog, IsRestoredToAPlaceOfItsOwnOrNotAtAll) {
  Open("log");
  Append(300);
  ASSERT_TRUE(Copy("copy").ok());
  Close();
  CopyProgress progress;
  {
    const auto restoration = Restoration::Begin(Path("copy"), Path("new"), &progress);
    ASSERT_TRUE(restoration.ok()) << restoration.status();
    EXPECT_EQ(CheckCopy("new/restoring/log").size, TreeSize(300));
    // Whoever dies here leaves what no cairnd takes.
    const auto store = RocksDbStore::Open(Options("new"));
    EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(store.status().message()), HasSubstr("a restore is under way"));
    EXPECT_EQ(Restoration::Begin(Path("copy"), Path("new"), &progress).status().code(),
              absl::StatusCode::kFailedPrecondition);
  }
  EXPECT_FALSE(fs::exists(Path("new")));
  {
    const auto restoration = Restoration::Begin(Path("copy"), Path("new") + "/", &progress);
    ASSERT_TRUE(restoration.ok()) << restoration.status();
    ASSERT_TRUE((*restoration)->Finish().ok());
  }
  EXPECT_FALSE(fs::exists(Path("new/restoring")));
  Open("new");
  EXPECT_EQ(log_->Newest()->size(), TreeSize(300));
  // Held by a log, and full.
  EXPECT_EQ(Restoration::Begin(Path("copy"), Path("new"), &progress).status().code(),
            absl::StatusCode::kFailedPrecondition);
  Append(1);
  Close();
  EXPECT_EQ(CheckCopy("new").size, TreeSize(301));
}

TEST_F(BackedUpLog, IsRestoredBesideTheRecordsOfADirectoryThatLostItsDatabase) {
  Open("log");
  Append(300);
  ASSERT_TRUE(Copy("copy").ok());
  Close();
  fs::remove_all(Path("log") + "/db");
  CopyProgress progress;
  {
    const auto restoration = Restoration::Begin(Path("copy"), Path("log"), &progress);
    ASSERT_TRUE(restoration.ok()) << restoration.status();
    // It gives up: what was there before is still there.
  }
  EXPECT_TRUE(fs::exists(Path("log") + "/signed"));
  const auto restoration = Restoration::Begin(Path("copy"), Path("log"), &progress);
  ASSERT_TRUE(restoration.ok()) << restoration.status();
  ASSERT_TRUE((*restoration)->Finish().ok());
  Open("log");
  EXPECT_EQ(log_->Newest()->size(), TreeSize(300));
  Close();
  fs::remove_all(Path("log") + "/db");
  std::ofstream(Path("log") + "/signed") << "not a record";
  EXPECT_EQ(Restoration::Begin(Path("copy"), Path("log"), &progress).status().code(),
            absl::StatusCode::kFailedPrecondition)
      << "nothing is overwritten";
}

TEST_F(BackedUpLog, GoesOnFromItsCopy) {
  Open("log");
  Append(700);
  const TreeState state = log_->Newest()->state;
  ASSERT_TRUE(Copy("copy").ok());
  Close();
  Open("copy");
  EXPECT_EQ(log_->Newest()->state, state);
  EXPECT_EQ(store_->LastSigned()->value(), state);
  Append(10);
  Close();
  EXPECT_EQ(CheckCopy("copy").size, TreeSize(710));
}

TEST_F(BackedUpLog, IsCopiedWhenClosedAndWhenEmpty) {
  Open("log");
  Close();
  ASSERT_TRUE(Copy("empty").ok());
  EXPECT_EQ(CheckCopy("empty").size, TreeSize(0));
  Open("log");
  Append(300);
  Close();
  ASSERT_TRUE(Copy("copy").ok());
  EXPECT_EQ(CheckCopy("copy").size, TreeSize(300));
}

TEST_F(BackedUpLog, RefusesAnOlderCopyBesideTheRecordOfWhatWasSigned) {
  Open("log");
  Append(300);
  ASSERT_TRUE(Copy("copy").ok());
  Append(1);
  Close();
  fs::remove_all(Path("log") + "/db");
  fs::copy(Path("copy") + "/db", Path("log") + "/db", fs::copy_options::recursive);
  const auto store = RocksDbStore::Open(Options("log"));
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("has lost its end"));
}

TEST_F(BackedUpLog, RefusesWhatIsNoLogAndATargetThatIsThere) {
  EXPECT_EQ(Copy("copy").code(), absl::StatusCode::kNotFound);
  Open("log");
  fs::create_directory(Path("copy"));
  EXPECT_EQ(Copy("copy").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(fs::is_empty(Path("copy")));
}

}  // namespace
}  // namespace cairn::ledger
