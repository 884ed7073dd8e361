// cairn's check of a whole log: it finds each kind of damage, where it is, and calls nothing
// damaged that is not.
//
// Damage is made in two ways: rewritten through RocksDB, so that its checksums are right and only
// cairn can tell; and in the bytes of the files, where RocksDB tells.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ledger/check/check.h"
#include "ledger/log.h"
#include "ledger/rocksdb/codec.h"
#include "ledger/rocksdb/read_only_log.h"
#include "ledger/rocksdb/store.h"
#include "ledger/rocksdb/testing/real_directory.h"
#include "ledger/rocksdb/testing/store_access.h"
#include "ledger/testing/fixtures.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/rotation.h"
#include "merkle/signature/ed25519.h"

namespace cairn::ledger {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

// More than a chunk, so that there is a tile of level 1, two chunks to join, and a partial tile.
constexpr uint64_t kEntries = 66'000;
constexpr uint64_t kCertifierAt = 2'000;

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::string Text(const CheckReport& report) {
  return absl::StrJoin(report.findings, "\n", [](std::string* out, const Finding& finding) {
    absl::StrAppend(out, PartName(finding.part), " ", finding.index.value(), ": ", finding.what);
  });
}

// Every file below, with its bytes and when it was changed.
std::map<std::string, std::string> Fingerprint(const std::string& path) {
  std::map<std::string, std::string> files;
  for (const auto& file : fs::recursive_directory_iterator(path)) {
    struct stat info {};
    EXPECT_EQ(stat(file.path().c_str(), &info), 0);
    files[file.path()] =
        absl::StrCat(info.st_mtim.tv_sec, ".", info.st_mtim.tv_nsec, " ",
                     file.is_regular_file() ? ReadFile(file.path()) : std::string());
  }
  return files;
}

class CheckedLog : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new testing::RealDirectory;
    MakeSound(Sound());
  }
  static void TearDownTestSuite() { delete directory_; }

  CheckedLog() { fs::copy(Sound(), path_, fs::copy_options::recursive); }
  ~CheckedLog() override { fs::remove_all(path_); }

  static std::string Sound() { return directory_->path() + "/sound"; }

  static OpenOptions Options(const std::string& path) {
    OpenOptions options;
    options.path = path;
    options.origin = TestIdentity().origin;
    options.vkey = TestIdentity().vkey;
    options.block_cache_bytes = 1u << 20;
    return options;
  }

  // With rows in the index's files, and the newest entries above its watermark.
  static void MakeSound(const std::string& path) {
    const auto store = RocksDbStore::Open(Options(path));
    ASSERT_TRUE(store.ok()) << store.status();
    LogOptions log_options;
    log_options.max_recent_rows = 20'000;
    ManualClock clock;
    const auto log = Log::Open(log_options, store->get(), &clock, &TestSigner());
    ASSERT_TRUE(log.ok()) << log.status();
    const auto append = [&](std::vector<Submission> batch) {
      clock.Advance(1);
      const AppendResult result = AppendAndWait(**log, std::move(batch));
      ASSERT_TRUE(result.status.ok()) << result.status;
    };
    append(BatchOf(1, kCertifierAt));
    std::vector<Submission> declared;
    declared.push_back(Submit(Declare("acme")));
    append(std::move(declared));
    for (uint64_t next = kCertifierAt + 1; next < kEntries;) {
      const uint64_t count = std::min<uint64_t>(1'000, kEntries - next);
      append(BatchOf(next, count));
      next += count;
    }
    ASSERT_EQ((*log)->Newest()->size(), TreeSize(kEntries));
  }

  using Change = std::function<rocksdb::Status(rocksdb::DB&, RocksDbStore&)>;
  // Changes the database through RocksDB.
  void Rewrite(const Change& change) {
    const auto store = RocksDbStore::Open(Options(path_));
    ASSERT_TRUE(store.ok()) << store.status();
    const rocksdb::Status changed = change(StoreAccess::Database(**store), **store);
    ASSERT_TRUE(changed.ok()) << changed.ToString();
  }

  // Sets one byte of a stored value to another.
  void Flip(Family family, const std::string& key, size_t at) {
    Rewrite([&](rocksdb::DB& db, RocksDbStore& store) {
      auto* const handle = StoreAccess::Handle(store, family);
      std::string value;
      const rocksdb::Status read = db.Get({}, handle, key, &value);
      if (!read.ok()) return read;
      value.at(at) ^= 0x01;
      return db.Put({}, handle, key, value);
    });
  }

  void Delete(Family family, const std::string& key) {
    Rewrite([&](rocksdb::DB& db, RocksDbStore& store) {
      auto* const handle = StoreAccess::Handle(store, family);
      std::string value;
      const rocksdb::Status read = db.Get({}, handle, key, &value);
      return read.ok() ? db.Delete({}, handle, key) : read;
    });
  }

  void Put(Family family, const std::string& key, const std::string& value) {
    Rewrite([&](rocksdb::DB& db, RocksDbStore& store) {
      return db.Put({}, StoreAccess::Handle(store, family), key, value);
    });
  }

  CheckReport Check(uint32_t threads = 2) {
    const auto log = ReadOnlyLog::Open(path_);
    EXPECT_TRUE(log.ok()) << log.status();
    if (!log.ok()) return {};
    CheckProgress progress;
    const auto report = CheckLog(**log, {.threads = threads}, &progress);
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return {};
    EXPECT_EQ(report->sound(), report->advice.empty());
    return *report;
  }

  // That the first finding is of this part and leaf, and says this.
  void ExpectFirst(Part part, uint64_t index, const std::string& what) {
    const CheckReport report = Check();
    ASSERT_FALSE(report.sound());
    EXPECT_EQ(report.findings[0].part, part) << Text(report);
    EXPECT_EQ(report.findings[0].index, LeafIndex(index)) << Text(report);
    EXPECT_THAT(report.findings[0].what, HasSubstr(what)) << Text(report);
  }

  // That something is found of this part, whatever else is.
  void ExpectFound(Part part, const std::string& what) {
    const CheckReport report = Check();
    for (const Finding& finding : report.findings) {
      if (finding.part == part && absl::StrContains(finding.what, what)) return;
    }
    ADD_FAILURE() << "not found: " << PartName(part) << ": " << what << "\n" << Text(report);
  }

  static testing::RealDirectory* directory_;
  const std::string path_ = directory_->path() + "/log";
};

testing::RealDirectory* CheckedLog::directory_ = nullptr;

TEST_F(CheckedLog, IsSoundAndStaysUntouched) {
  const auto before = Fingerprint(path_);
  for (const uint32_t threads : {1, 2, 5}) {
    const CheckReport report = Check(threads);
    EXPECT_TRUE(report.sound()) << Text(report);
    EXPECT_EQ(report.state.size, TreeSize(kEntries));
    EXPECT_GT(report.index_rows, 10'000u);
    EXPECT_EQ(report.index_rows + 1, report.index_watermark.value());
    EXPECT_LT(report.index_watermark, LeafIndex(kEntries));
    EXPECT_TRUE(report.unchecked.empty());
  }
  EXPECT_EQ(Fingerprint(path_), before);
}

TEST_F(CheckedLog, IsSoundWhenEmpty) {
  fs::remove_all(path_);
  ASSERT_TRUE(RocksDbStore::Open(Options(path_)).ok());
  const CheckReport report = Check();
  EXPECT_TRUE(report.sound()) << Text(report);
}

TEST_F(CheckedLog, IsReadWhileOthersReadButNotWhileItIsOpen) {
  {
    const auto first = ReadOnlyLog::Open(path_);
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_TRUE(ReadOnlyLog::Open(path_).ok());
  }
  const auto store = RocksDbStore::Open(Options(path_));
  ASSERT_TRUE(store.ok()) << store.status();
  const auto log = ReadOnlyLog::Open(path_);
  EXPECT_EQ(log.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("stop it"));
}

TEST_F(CheckedLog, IsNotThere) {
  EXPECT_EQ(ReadOnlyLog::Open(path_ + "/nowhere").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(CheckedLog, NamesAnEntryWithOneOtherByte) {
  // The certificate hash of the run's first entry: u16 length, version, kind, time come before.
  Flip(kRuns, codec::RunKey(LeafIndex(320)), 2 + 10);
  ExpectFirst(Part::kTiles, 320, "but entry 320 has the hash");
  ExpectFound(Part::kState, "root");
  ExpectFound(Part::kSigned, "was signed");
}

TEST_F(CheckedLog, NamesAnEntryThatDoesNotDecode) {
  Flip(kRuns, codec::RunKey(LeafIndex(640)), 2);
  ExpectFirst(Part::kEntries, 640, "is not an entry: version");
}

TEST_F(CheckedLog, NamesAnEntryOfAnEarlierTime) {
  // The lowest byte but one of the time.
  Rewrite([&](rocksdb::DB& db, RocksDbStore& store) {
    auto* const runs = StoreAccess::Handle(store, kRuns);
    std::string value;
    const std::string key = codec::RunKey(LeafIndex(65'536));
    const rocksdb::Status read = db.Get({}, runs, key, &value);
    if (!read.ok()) return read;
    value[2 + 2] = 0x00;
    value[2 + 3] = 0x00;
    value[2 + 4] = 0x00;
    return db.Put({}, runs, key, value);
  });
  ExpectFirst(Part::kEntries, 65'536, "before an entry in front of it");
}

TEST_F(CheckedLog, NamesARunWhoseLengthsAreWrong) {
  Flip(kRuns, codec::RunKey(LeafIndex(960)), 1);
  ExpectFirst(Part::kEntries, 960, "");
}

TEST_F(CheckedLog, NamesAMissingRun) {
  Delete(kRuns, codec::RunKey(LeafIndex(30'016)));
  ExpectFirst(Part::kEntries, 30'016, "the run that begins at entry 30016 is missing");
  EXPECT_THAT(Check().unchecked, ::testing::Not(::testing::IsEmpty()));
}

TEST_F(CheckedLog, NamesARunBeyondTheTree) {
  const std::string entry = *entry::Encode(
      {.accepted_at_ms = 1'900'000'000'000,
       .body = entry::SignedStatement{.statement = MakeStatement(9), .signature = {}}});
  const std::vector<std::string> entries = {entry};
  Put(kRuns, codec::RunKey(LeafIndex(kEntries)), codec::FormatRun(entries));
  ExpectFirst(Part::kEntries, kEntries, "but the tree ends at 66000");
}

TEST_F(CheckedLog, NamesARunWithinAnother) {
  const std::vector<std::string> entries = {"x"};
  Put(kRuns, codec::RunKey(LeafIndex(30'017)), codec::FormatRun(entries));
  ExpectFirst(Part::kEntries, 30'048, "begins within the one before it");
}

TEST_F(CheckedLog, NamesAKeyThatIsNoRun) {
  Put(kRuns, codec::RunKey(LeafIndex(30'016)) + "x", "");
  ExpectFirst(Part::kEntries, 30'048, "run key of 9 bytes is malformed");
}

TEST_F(CheckedLog, NamesATileWithOneOtherByte) {
  Flip(kTiles, codec::TileKey({0, 7}), 32 * 100);
  ExpectFirst(Part::kTiles, 7 * 256 + 100, "tile 7 of level 0");
  EXPECT_EQ(Check().finding_count, 1u);
  EXPECT_THAT(Check().advice, HasSubstr("nothing that was logged is lost"));
}

TEST_F(CheckedLog, NamesATileWithAWrongInnerNode) {
  Flip(kTiles, codec::TileKey({0, 7}), 32 * 256 + 32 * 3);
  ExpectFirst(Part::kTiles, 7 * 256 + 3 * 16, "wrong inner node, number 3");
  Flip(kTiles, codec::TileKey({1, 0}), 32 * 256);
  ExpectFirst(Part::kTiles, 7 * 256 + 3 * 16, "wrong inner node, number 3");
  ExpectFound(Part::kUpperTiles, "tile 0 of level 1 holds a wrong inner node");
}

TEST_F(CheckedLog, NamesAnUpperTileWithOneOtherByte) {
  Flip(kTiles, codec::TileKey({1, 0}), 32 * 5);
  ExpectFirst(Part::kUpperTiles, 5 * 256, "tile 0 of level 1");
  EXPECT_EQ(Check().finding_count, 1u);
}

TEST_F(CheckedLog, NamesAMissingTile) {
  Delete(kTiles, codec::TileKey({0, 33}));
  ExpectFirst(Part::kTiles, 33 * 256, "tile 33 of level 0 is missing");
  EXPECT_EQ(Check().finding_count, 1u);
  Delete(kTiles, codec::TileKey({1, 0}));
  ExpectFound(Part::kUpperTiles, "tile 0 of level 1 is missing");
  EXPECT_EQ(Check().finding_count, 2u);
}

TEST_F(CheckedLog, NamesSwappedTiles) {
  Rewrite([&](rocksdb::DB& db, RocksDbStore& store) {
    auto* const tiles = StoreAccess::Handle(store, kTiles);
    std::string one, other;
    rocksdb::Status status = db.Get({}, tiles, codec::TileKey({0, 10}), &one);
    if (status.ok()) status = db.Get({}, tiles, codec::TileKey({0, 11}), &other);
    if (status.ok()) status = db.Put({}, tiles, codec::TileKey({0, 10}), other);
    return status.ok() ? db.Put({}, tiles, codec::TileKey({0, 11}), one) : status;
  });
  ExpectFirst(Part::kTiles, 10 * 256, "tile 10 of level 0");
  EXPECT_EQ(Check().finding_count, 2u);
}

TEST_F(CheckedLog, NamesTilesThatItsTreeDoesNotHave) {
  const std::string tile(32 * (256 + 16), 'x');
  for (const merkle::TileId id : {merkle::TileId{0, kEntries / 256}, merkle::TileId{1, 1},
                                  merkle::TileId{2, 0}, merkle::TileId{9, 0}}) {
    Put(kTiles, codec::TileKey(id), tile);
    ExpectFirst(Part::kTiles, kEntries, absl::StrCat("of level ", id.level, " is stored"));
    Delete(kTiles, codec::TileKey(id));
  }
  EXPECT_TRUE(Check().sound());
}

TEST_F(CheckedLog, NamesATileThatIsCut) {
  Put(kTiles, codec::TileKey({0, 20}), "short");
  ExpectFound(Part::kTiles, "tile 20 of level 0: the stored tile of 5 bytes is malformed");
}

TEST_F(CheckedLog, NamesAStateOfAnotherRootSizeOrTime) {
  const std::string key(codec::kTreeKey);
  Flip(kState, key, 8 + 5);
  ExpectFirst(Part::kState, kEntries, "the state's root");
  Flip(kState, key, 8 + 5);
  Flip(kState, key, 8 + 32 + 7);
  ExpectFirst(Part::kState, kEntries, "the state's last time");
  Flip(kState, key, 8 + 32 + 7);
  ASSERT_TRUE(Check().sound());
  // 66,001: the entries end before.
  Flip(kState, key, 7);
  ExpectFirst(Part::kEntries, kEntries, "the entries end at 66000, but the tree has 66001");
}

TEST_F(CheckedLog, NamesAStateThatIsMalformed) {
  Put(kState, std::string(codec::kTreeKey), "short");
  ExpectFirst(Part::kState, 0, "tree state of 5 bytes is malformed");
}

TEST_F(CheckedLog, NamesARowThatIsUnknown) {
  Put(kState, "stranger", "");
  ExpectFound(Part::kCertifiers, "malformed");
}

TEST_F(CheckedLog, NamesAnIdentityWhoseKeyIsAnothers) {
  LogIdentity identity;
  {
    const auto log = ReadOnlyLog::Open(path_);
    ASSERT_TRUE(log.ok());
    identity = (*log)->identity();
  }
  identity.origin = "other.example/log";
  Put(kState, std::string(codec::kIdentityKey), codec::FormatIdentity(identity));
  ExpectFirst(Part::kState, 0, "the identity's key is named");
}

TEST_F(CheckedLog, NamesACertifierEntryThatIsNotListed) {
  Delete(kState, codec::CertifierKey(LeafIndex(kCertifierAt)));
  ExpectFirst(Part::kCertifiers, kCertifierAt, "is not in their list");
}

TEST_F(CheckedLog, NamesAListedCertifierEntryThatIsNone) {
  Put(kState, codec::CertifierKey(LeafIndex(5)), "");
  ExpectFirst(Part::kCertifiers, 5, "is none");
}

// A log with these entries, as they are.
CheckReport CheckOf(const std::string& path, const std::vector<std::string>& entries) {
  {
    OpenOptions options;
    options.path = path;
    options.origin = TestIdentity().origin;
    options.vkey = TestIdentity().vkey;
    options.create = true;
    const auto store = RocksDbStore::Open(options);
    EXPECT_TRUE(store.ok()) << store.status();
    EXPECT_TRUE(WriteAsTheyAre(store->get(), entries).ok());
  }
  const auto log = ReadOnlyLog::Open(path);
  EXPECT_TRUE(log.ok()) << log.status();
  CheckProgress progress;
  return *CheckLog(**log, CheckOptions(), &progress);
}

TEST(CheckLog, CountsEntriesOfReservedKindsAndJudgesThemNot) {
  const testing::RealDirectory directory;
  std::vector<std::string> entries;
  for (const uint8_t kind : {4, 15, 4}) {
    entries.push_back(*entry::Encode(
        {.accepted_at_ms = 7, .body = entry::UnknownEntry{.kind = kind, .content = "new"}}));
  }
  const CheckReport report = CheckOf(directory.path() + "/log", entries);
  EXPECT_TRUE(report.sound()) << Text(report);
  EXPECT_EQ(report.unknown_kinds, (std::map<uint8_t, uint64_t>{{4, 2}, {15, 1}}));
}

TEST(CheckLog, NamesARotationThatTheKeyBeforeItDidNotSign) {
  const PrivateKey old_key = *PrivateKey::FromSeed(std::string(32, 1));
  const PrivateKey new_key = *PrivateKey::FromSeed(std::string(32, 2));
  const entry::CertifierEntry declared{.action = entry::CertifierAction::kDeclare,
                                       .demand = entry::CertifierDemand::kSigned,
                                       .name = "acme",
                                       .key = old_key.public_key()};
  for (const PrivateKey* signer : {&old_key, &new_key}) {
    const testing::RealDirectory directory;
    const auto rotation = entry::SignRotation(kTestOrigin, "acme", *signer, new_key.public_key(),
                                              entry::CertifierDemand::kSigned);
    const CheckReport report =
        CheckOf(directory.path() + "/log",
                {*entry::Encode({.body = declared}), *entry::Encode({.body = *rotation})});
    EXPECT_EQ(report.sound(), signer == &old_key) << Text(report);
    if (report.sound()) continue;
    EXPECT_EQ(report.findings.front().part, Part::kCertifiers);
    EXPECT_EQ(report.findings.front().index, LeafIndex(1));
    EXPECT_THAT(report.findings.front().what, HasSubstr("not by the key before it"));
  }
}

TEST_F(CheckedLog, NamesADamagedRecordOfWhatWasSigned) {
  const std::string path = path_ + "/signed";
  const std::string sound = ReadFile(path);
  for (const size_t slot : {0, 4096}) {
    for (const size_t at : {0, 8, 16, 24, 56, 64, 95}) {
      std::string bytes = sound;
      bytes[slot + at] ^= 0x01;
      WriteFile(path, bytes);
      ExpectFirst(Part::kSigned, 0, "is damaged");
    }
  }
  WriteFile(path, "");
  ExpectFirst(Part::kSigned, 0, "is damaged");
  fs::remove(path);
  ExpectFirst(Part::kSigned, 0, "signed");
}

TEST_F(CheckedLog, NamesARecordOfAnotherTree) {
  TreeState state;
  {
    const auto log = ReadOnlyLog::Open(path_);
    ASSERT_TRUE(log.ok());
    state = *(*log)->ReadState();
  }
  const TreeState sound = state;
  const auto record = [&] {
    const auto store = RocksDbStore::Open(Options(path_));
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->RecordSigned(state).ok());
  };
  // A root that no tree of this log had.
  state.size = TreeSize(12'345);
  record();
  ExpectFirst(Part::kSigned, 12'345, "was signed, but the entries lead to");
  state = sound;
  record();
  ExpectFirst(Part::kSigned, 12'345, "was signed, but the entries lead to");
  record();
  ASSERT_TRUE(Check().sound());
  state.size = TreeSize(kEntries + 1);
  record();
  ExpectFirst(Part::kSigned, kEntries, "the log has lost its end");
}

// The first row of the index after `from`.
std::pair<std::string, std::string> RowAfter(RocksDbStore& store, const std::string& from) {
  const std::unique_ptr<rocksdb::Iterator> it(
      StoreAccess::Database(store).NewIterator({}, StoreAccess::Handle(store, kIndex)));
  it->Seek(from);
  EXPECT_TRUE(it->Valid());
  return {it->key().ToString(), it->value().ToString()};
}

TEST_F(CheckedLog, NamesAnIndexRowThatIsMissing) {
  uint64_t index = 0;
  Rewrite([&](rocksdb::DB& db, RocksDbStore& store) {
    const auto [key, value] = RowAfter(store, "\x40");
    for (const char c : value) index = index << 8 | static_cast<uint8_t>(c);
    return db.Delete({}, StoreAccess::Handle(store, kIndex), key);
  });
  ExpectFirst(Part::kIndex, index, absl::StrCat("does not name entry ", index));
  EXPECT_EQ(Check().finding_count, 1u);
  EXPECT_THAT(Check().advice, HasSubstr("logged twice"));
}

TEST_F(CheckedLog, NamesAnIndexRowThatIsExtra) {
  Put(kIndex, std::string(16, '\x77'), codec::FormatIndexes({LeafIndex(77)}));
  ExpectFirst(Part::kIndex, 77, "the row 77777777777777777777777777777777 names entry 77");
  EXPECT_EQ(Check().finding_count, 1u);
}

TEST_F(CheckedLog, NamesIndexRowsFromTheWatermarkOnThatAreExtra) {
  Put(kIndex, std::string(16, '\x77'), codec::FormatIndexes({LeafIndex(kEntries - 1)}));
  ExpectFirst(Part::kIndex, kEntries - 1, "whose certificate has another tag");
  Put(kIndex, std::string(16, '\x77'), codec::FormatIndexes({LeafIndex(kEntries)}));
  ExpectFirst(Part::kIndex, kEntries, "beyond the tree");
}

TEST_F(CheckedLog, IsSoundWithIndexRowsFromTheWatermarkOn) {
  Put(kIndex, std::string(codec::kWatermarkKey), codec::FormatU64(100));
  const CheckReport report = Check();
  EXPECT_TRUE(report.sound()) << Text(report);
  EXPECT_GT(report.index_rows, 10'000u);
}

TEST_F(CheckedLog, NamesAnIndexRowOfAnotherEntry) {
  Rewrite([&](rocksdb::DB& db, RocksDbStore& store) {
    auto [key, value] = RowAfter(store, "\x40");
    value.back() ^= 0x01;
    return db.Put({}, StoreAccess::Handle(store, kIndex), key, value);
  });
  ExpectFound(Part::kIndex, "does not name entry");
  ExpectFound(Part::kIndex, "whose certificate has another tag");
}

TEST_F(CheckedLog, NamesTwoIndexRowsThatAreSwapped) {
  Rewrite([&](rocksdb::DB& db, RocksDbStore& store) {
    auto* const index = StoreAccess::Handle(store, kIndex);
    const auto one = RowAfter(store, "\x40");
    const auto other = RowAfter(store, one.first + "x");
    const rocksdb::Status status = db.Put({}, index, one.first, other.second);
    return status.ok() ? db.Put({}, index, other.first, one.second) : status;
  });
  EXPECT_EQ(Check().finding_count, 4u);
}

TEST_F(CheckedLog, NamesAWatermarkThatIsTooHigh) {
  Put(kIndex, std::string(codec::kWatermarkKey), codec::FormatU64(kEntries));
  ExpectFound(Part::kIndex, "does not name entry");
  Put(kIndex, std::string(codec::kWatermarkKey), codec::FormatU64(kEntries + 1));
  ExpectFound(Part::kIndex, "beyond the tree");
}

// What RocksDB notices: bytes of its files.
TEST_F(CheckedLog, IsDamagedOrUnchangedForBytesAllOverItsFiles) {
  {
    // Into tables.
    const auto store = RocksDbStore::Open(Options(path_));
    ASSERT_TRUE(store.ok()) << store.status();
    for (const Family family : {kState, kRuns, kTiles}) {
      ASSERT_TRUE(
          StoreAccess::Database(**store).Flush({}, StoreAccess::Handle(**store, family)).ok());
    }
  }
  const std::string sound = directory_->path() + "/flushed";
  fs::copy(path_, sound, fs::copy_options::recursive);
  int found = 0, tried = 0;
  for (const auto& file : fs::directory_iterator(sound + "/db")) {
    if (file.path().extension() != ".sst") continue;
    const std::string table = path_ + "/db/" + file.path().filename().string();
    const std::string bytes = ReadFile(table);
    for (const size_t at : {bytes.size() / 3, bytes.size() / 2, bytes.size() - 20}) {
      std::string damaged = bytes;
      damaged[at] ^= 0x10;
      WriteFile(table, damaged);
      const auto log = ReadOnlyLog::Open(path_);
      ++tried;
      if (!log.ok()) {
        EXPECT_EQ(log.status().code(), absl::StatusCode::kDataLoss) << log.status();
        ++found;
        continue;
      }
      CheckProgress progress;
      const auto report = CheckLog(**log, {.threads = 2}, &progress);
      ASSERT_TRUE(report.ok()) << report.status();
      found += !report->sound();
      // Small tables consist of properties that nobody reads.
      if (bytes.size() > 1'000'000 && at != bytes.size() - 20) {
        EXPECT_FALSE(report->sound()) << table << ", byte " << at << " of " << bytes.size();
      }
    }
    WriteFile(table, bytes);
  }
  fs::remove_all(sound);
  EXPECT_GE(tried, 9);
  EXPECT_GE(found, tried / 2);
  EXPECT_TRUE(Check().sound());
}

}  // namespace
}  // namespace cairn::ledger
