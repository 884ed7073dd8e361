// A log's files with one byte changed, one file missing: damage is reported, and what is read is
// never another or a smaller tree.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ledger/check/check.h"
#include "ledger/log.h"
#include "ledger/rocksdb/read_only_log.h"
#include "ledger/rocksdb/store.h"
#include "ledger/rocksdb/testing/real_directory.h"
#include "ledger/rocksdb/testing/store_access.h"
#include "ledger/testing/fixtures.h"

namespace cairn::ledger {
namespace {

namespace fs = std::filesystem;

using ::testing::AnyOf;

MATCHER(IsDamage, "reports data loss and says what to do") {
  *result_listener << arg;
  return arg.code() == absl::StatusCode::kDataLoss && absl::StrContains(arg.message(), "restore");
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Where the records of a WAL begin. Blocks of 32 KiB; a record is crc [4], length u16 (little
// endian), type [1], payload; a block's last bytes are padding where no header fits.
std::vector<size_t> WalRecords(const std::string& bytes) {
  constexpr size_t kBlock = 32'768, kHeader = 7;
  std::vector<size_t> records;
  for (size_t at = 0; at + kHeader <= bytes.size();) {
    const size_t left = kBlock - at % kBlock;
    if (left < kHeader) {
      at += left;
      continue;
    }
    const size_t length = static_cast<uint8_t>(bytes[at + 4]) | static_cast<uint8_t>(bytes[at + 5])
                                                                    << 8;
    records.push_back(at);
    at += kHeader + length;
  }
  return records;
}

class DamagedLog : public ::testing::Test {
 protected:
  DamagedLog() { options_.path = directory_.path() + "/log"; }

  // Where the entries lie: in one WAL; in tables; their runs in tables, and the rest in the older
  // of two WALs, of which a certifier entry is the last record.
  enum class Where { kWal, kTables, kTwoWals };

  // Makes a log of acknowledged entries, and remembers them.
  void Make(Where where) {
    const LogIdentity identity = TestIdentity();
    options_.origin = identity.origin;
    options_.vkey = identity.vkey;
    options_.block_cache_bytes = 1u << 20;
    auto store = RocksDbStore::Open(options_);
    ASSERT_TRUE(store.ok()) << store.status();
    LogOptions log_options;
    log_options.max_recent_rows = 300;
    auto log = Log::Open(log_options, store->get(), &clock_, &TestSigner());
    ASSERT_TRUE(log.ok()) << log.status();
    const auto flush = [&](Family family) {
      return StoreAccess::Database(**store).Flush({}, StoreAccess::Handle(**store, family)).ok();
    };
    for (int i = 0; i < kCommits; ++i) {
      const bool last = i + 1 == kCommits;
      if (last) {
        before_ = (*log)->Newest()->state;
        signed_before_ = ReadFile(options_.path + "/signed");
      }
      const AppendResult result = AppendAndWait(**log, BatchOf(1 + 40 * i, last ? kInLast : 40));
      ASSERT_TRUE(result.status.ok()) << result.status;
      for (const ItemResult& item : result.items) places_.push_back(item.index);
      if (i == 9 && where == Where::kTwoWals) {
        const AppendResult declared = AppendAndWait(**log, Submit(Declare("acme")));
        ASSERT_TRUE(declared.items[0].status.ok()) << declared.items[0].status;
        ASSERT_TRUE(flush(kRuns));
      }
    }
    const auto view = (*log)->Newest();
    acknowledged_ = view->state;
    certifiers_ = view->certifiers->Names();
    entries_ = *(*store)->ReadEntries(LeafIndex(0), LeafIndex(acknowledged_.size.value()));
    log->reset();
    if (where == Where::kTables) {
      for (const Family family : {kState, kRuns, kTiles}) ASSERT_TRUE(flush(family));
    }
    store->reset();
    fs::copy(options_.path, directory_.path() + "/sound", fs::copy_options::recursive);
  }

  void Restore() {
    fs::remove_all(options_.path);
    fs::copy(directory_.path() + "/sound", options_.path, fs::copy_options::recursive);
  }

  // The largest file of the database whose name has this start and end.
  std::string Find(const std::string& start, const std::string& end) {
    std::string found;
    for (const auto& file : fs::directory_iterator(options_.path + "/db")) {
      const std::string name = file.path().filename();
      if (!absl::StartsWith(name, start) || !absl::EndsWith(name, end)) continue;
      if (found.empty() || file.file_size() > fs::file_size(found)) found = file.path();
    }
    return found;
  }

  // Opens the log and reads all of it. OK: everything that was acknowledged is there and sound.
  absl::Status ReadAll() {
    const auto store = RocksDbStore::Open(options_);
    if (!store.ok()) return store.status();
    const auto log = Log::Open(LogOptions(), store->get(), &clock_, &TestSigner());
    if (!log.ok()) return log.status();
    const auto view = (*log)->Newest();
    // Not damage that is reported, but the one thing that must not happen.
    if (view->state != acknowledged_) return absl::InternalError("silently another tree");
    for (uint64_t i = 0; i < entries_.size(); ++i) {
      const auto proven = (*log)->Prove(*view, LeafIndex(i), view->size());
      if (!proven.ok()) return proven.status();
      if (proven->entry != entries_[i]) return absl::InternalError("silently another entry");
    }
    for (size_t i = 0; i < places_.size(); ++i) {
      const Hash hash = MakeStatement(1 + i).certificate_hash;
      const auto found = (*log)->Find(*view, hash, std::nullopt, view->size(), LeafIndex(0), 10);
      if (!found.ok()) return found.status();
      if (found->entries.size() != 1 || found->entries[0].index != places_[i]) {
        return absl::InternalError("silently another index");
      }
    }
    if (view->certifiers->Names() != certifiers_) {
      return absl::InternalError("silently other certifiers");
    }
    return absl::OkStatus();
  }

  absl::Status ReadAllWithFlip(const std::string& path, size_t at, uint8_t bits) {
    std::string bytes = ReadFile(path);
    bytes.at(at) ^= bits;
    WriteFile(path, bytes);
    const absl::Status status = ReadAll();
    Restore();
    return status;
  }

  // As the log was before its last commit was signed: what is there of that may be cut.
  void ForgetLastSigned() {
    WriteFile(options_.path + "/signed", signed_before_);
    acknowledged_ = before_;
    entries_.resize(before_.size.value());
    places_.resize(40 * (kCommits - 1));
  }

  // OK: `cairn fsck` calls the directory sound.
  absl::Status Fsck() {
    const auto log = ReadOnlyLog::Open(options_.path);
    if (!log.ok()) return log.status();
    CheckProgress progress;
    const auto report = CheckLog(**log, {.threads = 1}, &progress);
    if (!report.ok()) return report.status();
    if (report->sound()) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(report->findings[0].what, ": ", report->advice));
  }

  // Where a WAL is cut, from this place to its end: every byte in the long form.
  static std::vector<size_t> Cuts(size_t begin, size_t end) {
    std::vector<size_t> cuts;
    for (size_t at = begin; at < end; ++at) {
      if (kLong || at < begin + 9 || at + 3 > end || (at - begin) % 23 == 0) cuts.push_back(at);
    }
    return cuts;
  }

  static constexpr int kCommits = 20;
  static constexpr int kInLast = 3;
  static inline const bool kLong = std::getenv("CAIRN_LONG") != nullptr;

  testing::RealDirectory directory_;
  OpenOptions options_;
  TreeState before_;  // The last commit.
  std::string signed_before_;
  ManualClock clock_;
  TreeState acknowledged_;
  std::vector<std::string> entries_;
  std::vector<LeafIndex> places_;  // of the statements, by seed
  std::vector<std::string> certifiers_;
};

TEST_F(DamagedLog, IsReadWholeWhenNothingIsDamaged) {
  Make(Where::kWal);
  EXPECT_EQ(ReadAll(), absl::OkStatus());
  EXPECT_EQ(ReadAll(), absl::OkStatus());
}

TEST_F(DamagedLog, IsRefusedForEveryKindOfByteOfAnyWalRecord) {
  Make(Where::kWal);
  const std::string wal = Find("", ".log");
  const std::string bytes = ReadFile(wal);
  const std::vector<size_t> records = WalRecords(bytes);
  ASSERT_GE(records.size(), 20u);
  for (const size_t which :
       {size_t{1}, records.size() / 2, records.size() - 2, records.size() - 1}) {
    const size_t begin = records[which];
    const size_t end = which + 1 < records.size() ? records[which + 1] : bytes.size();
    // crc, both bytes of the length, type, and the payload's first, middle and last.
    for (const size_t at : {begin, begin + 3, begin + 4, begin + 5, begin + 6, begin + 7,
                            (begin + 7 + end) / 2, end - 1}) {
      for (const int bits : {0x01, 0x80, 0xff}) {
        EXPECT_THAT(ReadAllWithFlip(wal, at, bits), IsDamage())
            << "record " << which << " of " << records.size() << ", its byte " << at - begin
            << " ^ " << bits;
      }
    }
  }
}

TEST_F(DamagedLog, IsRefusedWhenTheEndOfItsWalIsCutOff) {
  Make(Where::kWal);
  const std::string wal = Find("", ".log");
  const std::vector<size_t> records = WalRecords(ReadFile(wal));
  for (const size_t size : {size_t{0}, records[records.size() / 2], records.back(),
                            records.back() + 3, records.back() + 20}) {
    fs::resize_file(wal, size);
    const absl::Status status = ReadAll();
    EXPECT_THAT(status, IsDamage()) << size << " bytes left";
    Restore();
  }
}

TEST_F(DamagedLog, IsRefusedWhenItsLastWalRecordIsCutAtAnyByte) {
  Make(Where::kWal);
  const std::string wal = Find("", ".log");
  const std::string bytes = ReadFile(wal);
  const size_t begin = WalRecords(bytes).back();
  for (const size_t size : Cuts(begin, bytes.size())) {
    fs::resize_file(wal, size);
    EXPECT_THAT(Fsck(), IsDamage()) << size - begin << " bytes left of the record";
    EXPECT_THAT(ReadAll(), IsDamage()) << size - begin << " bytes left of the record";
    Restore();
  }
}

TEST_F(DamagedLog, DropsALastCommitThatNobodyWasToldOfWhereverItIsCut) {
  Make(Where::kWal);
  const std::string wal = Find("", ".log");
  const std::string bytes = ReadFile(wal);
  const size_t begin = WalRecords(bytes).back();
  for (const size_t size : Cuts(begin, bytes.size())) {
    fs::resize_file(wal, size);
    ForgetLastSigned();
    EXPECT_EQ(Fsck(), absl::OkStatus()) << size - begin << " bytes left of the record";
    EXPECT_EQ(ReadAll(), absl::OkStatus()) << size - begin << " bytes left of the record";
    EXPECT_EQ(Fsck(), absl::OkStatus()) << size - begin << " bytes left of the record";
    Restore();
  }
}

TEST_F(DamagedLog, IsRefusedForABitThatIsFlippedInAnyWalRecord) {
  Make(Where::kWal);
  const std::string wal = Find("", ".log");
  const std::string bytes = ReadFile(wal);
  const std::vector<size_t> records = WalRecords(bytes);
  ASSERT_GE(records.size(), size_t{kCommits});
  for (size_t which = 0; which < records.size(); ++which) {
    const size_t begin = records[which];
    const size_t end = which + 1 < records.size() ? records[which + 1] : bytes.size();
    // A place of its own in each record; in the long form sixty-four of them.
    for (int i = 0; i < (kLong ? 64 : 1); ++i) {
      const size_t at = begin + (which * 37 + i * 101) % (end - begin);
      std::string damaged = bytes;
      damaged[at] ^= static_cast<char>(1 << (which + i) % 8);
      WriteFile(wal, damaged);
      EXPECT_THAT(Fsck(), IsDamage()) << "record " << which << ", its byte " << at - begin;
      EXPECT_THAT(ReadAll(), IsDamage()) << "record " << which << ", its byte " << at - begin;
      Restore();
    }
  }
}

TEST_F(DamagedLog, IsFoundOrHarmlessInAWalThatIsNotTheLast) {
  Make(Where::kTwoWals);
  std::vector<std::string> wals;
  for (const auto& file : fs::directory_iterator(options_.path + "/db")) {
    if (file.path().extension() == ".log") wals.push_back(file.path());
  }
  ASSERT_EQ(wals.size(), 2u);
  const std::string older = std::min(wals[0], wals[1]);
  const std::string bytes = ReadFile(older);
  const std::vector<size_t> records = WalRecords(bytes);
  ASSERT_GE(records.size(), 11u);

  for (const size_t size : {size_t{0}, records[5], records.back(), records.back() + 20}) {
    fs::resize_file(older, size);
    EXPECT_THAT(ReadAll(), IsDamage()) << size << " bytes left";
    Restore();
  }
  fs::remove(older);
  EXPECT_THAT(ReadAll(), IsDamage());
  Restore();
  for (const size_t begin : {records[5], records[records.size() - 2], records.back()}) {
    for (const size_t at : {begin, begin + 4, begin + 5, begin + 6, begin + 7}) {
      const absl::Status status = ReadAllWithFlip(older, at, 0x40);
      EXPECT_THAT(status, AnyOf(absl::OkStatus(), IsDamage()))
          << "record at " << begin << ", its byte " << at - begin << ": " << status;
    }
  }
}

TEST_F(DamagedLog, IsFoundOrHarmlessForBytesAllOverItsTables) {
  Make(Where::kTables);
  int found = 0, tried = 0;
  for (const auto& file : fs::directory_iterator(directory_.path() + "/sound/db")) {
    if (file.path().extension() != ".sst") continue;
    const std::string table = options_.path + "/db/" + file.path().filename().string();
    const size_t size = file.file_size();
    for (int i = 0; i < 24; ++i) {
      const size_t at = i < 20 ? size * i / 20 : size - 1 - 12 * (i - 20);
      const absl::Status status = ReadAllWithFlip(table, at, 0x10);
      ++tried;
      if (status.ok()) continue;
      ++found;
      EXPECT_THAT(status, IsDamage())
          << file.path().filename() << ", byte " << at << " of " << size << ": " << status;
    }
  }
  ASSERT_GE(tried, 4 * 24);
  // Statistics that nothing reads make up much of a small table.
  EXPECT_GE(found, tried / 3);
}

TEST_F(DamagedLog, IsFoundOrHarmlessForEveryByteOfTheRecordsOfItsFiles) {
  Make(Where::kTables);
  for (const std::string& path : {Find("CURRENT", ""), Find("MANIFEST", "")}) {
    const size_t size = fs::file_size(path);
    int found = 0;
    for (size_t at = 0; at < size; at += std::max<size_t>(1, size / 60)) {
      const absl::Status status = ReadAllWithFlip(path, at, 0x04);
      found += !status.ok();
      EXPECT_THAT(status, AnyOf(absl::OkStatus(), IsDamage()))
          << path << ", byte " << at << " of " << size << ": " << status;
    }
    EXPECT_GT(found, 10) << path;
  }
}

TEST_F(DamagedLog, IsRefusedWhenAnyOtherFileIsMissing) {
  Make(Where::kWal);
  for (const std::string& path : {Find("CURRENT", ""), Find("MANIFEST", ""), Find("", ".log"),
                                  options_.path + "/signed", options_.path + "/db"}) {
    ASSERT_FALSE(path.empty());
    fs::remove_all(path);
    const absl::Status status = ReadAll();
    EXPECT_THAT(status, IsDamage()) << path;
    Restore();
  }
}

TEST_F(DamagedLog, IsRefusedWhenATableIsMissing) {
  Make(Where::kTables);
  std::vector<std::string> tables;
  for (const auto& file : fs::directory_iterator(options_.path + "/db")) {
    if (file.path().extension() == ".sst") tables.push_back(file.path());
  }
  ASSERT_GE(tables.size(), 4u);
  for (const std::string& table : tables) {
    fs::remove(table);
    const absl::Status status = ReadAll();
    EXPECT_THAT(status, IsDamage()) << table;
    Restore();
  }
}

TEST_F(DamagedLog, OpensWithOneSlotOfWhatWasSignedAndNotWithNone) {
  Make(Where::kWal);
  const std::string path = options_.path + "/signed";
  constexpr size_t kOtherSlot = 4096;
  for (const size_t at : {0, 8, 20, 40, 95}) {
    EXPECT_EQ(ReadAllWithFlip(path, at, 0x20), absl::OkStatus()) << at;
    EXPECT_EQ(ReadAllWithFlip(path, at + kOtherSlot, 0x20), absl::OkStatus()) << at;
    std::string bytes = ReadFile(path);
    bytes[at] ^= 0x20;
    bytes[at + kOtherSlot] ^= 0x20;
    WriteFile(path, bytes);
    EXPECT_THAT(ReadAll(), IsDamage()) << at;
    Restore();
  }
}

}  // namespace
}  // namespace cairn::ledger
