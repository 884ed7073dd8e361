#include "ledger/rocksdb/read_only_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ledger/rocksdb/codec.h"
#include "ledger/rocksdb/families.h"
#include "ledger/rocksdb/opening.h"
#include "ledger/rocksdb/signed_file.h"
#include "ledger/rocksdb/status.h"

namespace cairn::ledger {
namespace {

constexpr size_t kBlockCacheBytes = 32u << 20;
constexpr size_t kRunReadaheadBytes = 1u << 20;

rocksdb::Slice ToSlice(absl::string_view view) { return {view.data(), view.size()}; }
absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// The rows of a family with keys in [begin, end). What is read is not kept in the cache: a check
// comes by once.
class Rows {
 public:
  // `readahead_bytes`: 0 for what RocksDB finds right while it reads on.
  Rows(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, const std::string& begin,
       std::optional<std::string> end, size_t readahead_bytes = 0)
      : end_(std::move(end)) {
    rocksdb::ReadOptions read;
    read.readahead_size = readahead_bytes;
    read.fill_cache = false;
    if (end_.has_value()) {
      bound_ = *end_;
      read.iterate_upper_bound = &bound_;
    }
    it_.reset(db->NewIterator(read, family));
    it_->Seek(begin);
  }
  // The iterator points to the bound.
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  // Goes to the first row, then to the next. False at the end.
  absl::StatusOr<bool> Next() {
    if (begun_ && it_->Valid()) it_->Next();
    begun_ = true;
    if (!it_->status().ok()) return FromRocksDb(it_->status(), "reading on");
    return it_->Valid();
  }
  absl::string_view key() const { return ToView(it_->key()); }
  absl::string_view value() const { return ToView(it_->value()); }

 private:
  const std::optional<std::string> end_;
  rocksdb::Slice bound_;
  std::unique_ptr<rocksdb::Iterator> it_;
  bool begun_ = false;
};

class RunRows final : public Cursor<StoredRun> {
 public:
  template <typename... Args>
  explicit RunRows(Args&&... args) : rows_(std::forward<Args>(args)...) {}

  absl::StatusOr<std::optional<StoredRun>> Next() override {
    const absl::StatusOr<bool> more = rows_.Next();
    if (!more.ok()) return more.status();
    if (!*more) return std::optional<StoredRun>();
    const absl::StatusOr<LeafIndex> first = codec::ParseRunKey(rows_.key());
    if (!first.ok()) return first.status();
    return std::optional<StoredRun>({*first, rows_.value()});
  }

 private:
  Rows rows_;
};

class TileRows final : public Cursor<StoredTile> {
 public:
  template <typename... Args>
  explicit TileRows(Args&&... args) : rows_(std::forward<Args>(args)...) {}

  absl::StatusOr<std::optional<StoredTile>> Next() override {
    const absl::StatusOr<bool> more = rows_.Next();
    if (!more.ok()) return more.status();
    if (!*more) return std::optional<StoredTile>();
    const absl::StatusOr<merkle::TileId> id = codec::ParseTileKey(rows_.key());
    if (!id.ok()) return id.status();
    const absl::StatusOr<codec::TileView> tile = codec::ParseFullTile(rows_.value());
    if (!tile.ok()) {
      return absl::DataLossError(
          absl::StrCat("tile ", id->index, " of level ", id->level, ": ", tile.status().message()));
    }
    return std::optional<StoredTile>({*id, tile->hashes, tile->inner});
  }

 private:
  Rows rows_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ReadOnlyLog>> ReadOnlyLog::Open(const std::string& path) {
  std::shared_ptr<rocksdb::FileSystem> file_system = rocksdb::FileSystem::Default();
  const absl::StatusOr<bool> has_log = Directory::HasLog(*file_system, path);
  if (!has_log.ok()) return has_log.status();
  absl::StatusOr<Directory::ReadersLock> lock = Directory::ReadersLock::Take(path);
  if (!lock.ok()) return lock.status();
  absl::StatusOr<std::unique_ptr<ReadOnlyLog>> log = OpenOn(std::move(file_system), path);
  if (log.ok()) (*log)->lock_.emplace(*std::move(lock));
  return log;
}

absl::StatusOr<std::unique_ptr<ReadOnlyLog>> ReadOnlyLog::OpenOn(
    std::shared_ptr<rocksdb::FileSystem> file_system, const std::string& path) {
  const absl::StatusOr<bool> has_log = Directory::HasLog(*file_system, path);
  if (!has_log.ok()) return has_log.status();
  if (!*has_log) return absl::NotFoundError(absl::StrCat("there is no log in ", path));
  std::unique_ptr<ReadOnlyLog> log(new ReadOnlyLog(std::move(file_system), path));
  if (absl::Status opened = log->OpenDatabase(); !opened.ok()) return opened;
  return log;
}

ReadOnlyLog::~ReadOnlyLog() {
  if (!db_) return;
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
  }
  db_->Close().PermitUncheckedError();
}

absl::Status ReadOnlyLog::OpenDatabase() {
  const std::string database = Directory::DatabasePath(path_);
  const rocksdb::DBOptions options = DatabaseOptions(env_.get());
  if (absl::Status ours = CheckFamilies(options, database); !ours.ok()) return ours;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(
      options, database, Families(kBlockCacheBytes), &families_, &opened);
  if (!status.ok()) return FromOpening(status, database);
  db_.reset(opened);
  absl::StatusOr<LogIdentity> identity = ReadIdentity(*db_, path_);
  if (!identity.ok()) return identity.status();
  identity_ = *std::move(identity);
  return absl::OkStatus();
}

absl::StatusOr<TreeState> ReadOnlyLog::ReadState() {
  std::string value;
  const rocksdb::Status status = db_->Get({}, families_[kState], ToSlice(codec::kTreeKey), &value);
  if (!status.ok()) return FromRocksDb(status, "reading the tree state");
  return codec::ParseTreeState(value);
}

absl::StatusOr<LeafIndex> ReadOnlyLog::EntriesEnd() {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, families_[kRuns]));
  it->SeekToLast();
  if (!it->status().ok()) return FromRocksDb(it->status(), "reading the last run");
  if (!it->Valid()) return LeafIndex(0);
  const auto first = codec::ParseRunKey(ToView(it->key()));
  if (!first.ok()) return first.status();
  const auto entries = codec::ParseRun(ToView(it->value()));
  if (!entries.ok()) return entries.status();
  return LeafIndex(first->value() + entries->size());
}

absl::StatusOr<SignedRecord> ReadOnlyLog::ReadSigned() {
  return SignedFile::Read(*file_system_, Directory::SignedPath(path_));
}

absl::StatusOr<std::vector<LeafIndex>> ReadOnlyLog::CertifierEntries() {
  std::vector<LeafIndex> out;
  Rows rows(db_.get(), families_[kState], "", std::nullopt);
  while (true) {
    const absl::StatusOr<bool> more = rows.Next();
    if (!more.ok()) return more.status();
    if (!*more) return out;
    const absl::string_view key = rows.key();
    if (key == codec::kFormatKey || key == codec::kIdentityKey || key == codec::kTreeKey) continue;
    const absl::StatusOr<LeafIndex> index = codec::ParseCertifierKey(key);
    if (!index.ok()) return index.status();
    out.push_back(*index);
  }
}

absl::StatusOr<LeafIndex> ReadOnlyLog::IndexWatermark() {
  std::string value;
  const rocksdb::Status status =
      db_->Get({}, families_[kIndex], ToSlice(codec::kWatermarkKey), &value);
  if (status.IsNotFound()) return LeafIndex(0);
  if (!status.ok()) return FromRocksDb(status, "reading the index watermark");
  const absl::StatusOr<uint64_t> watermark = codec::ParseU64(value);
  if (!watermark.ok()) return watermark.status();
  return LeafIndex(*watermark);
}

std::unique_ptr<Cursor<StoredRun>> ReadOnlyLog::Runs(LeafIndex begin,
                                                     std::optional<LeafIndex> end) {
  std::optional<std::string> end_key;
  if (end.has_value()) end_key = codec::RunKey(*end);
  return std::make_unique<RunRows>(db_.get(), families_[kRuns], codec::RunKey(begin),
                                   std::move(end_key), kRunReadaheadBytes);
}

std::unique_ptr<Cursor<StoredTile>> ReadOnlyLog::Tiles(merkle::TileId begin,
                                                       std::optional<merkle::TileId> end) {
  std::optional<std::string> end_key;
  if (end.has_value()) end_key = codec::TileKey(*end);
  return std::make_unique<TileRows>(db_.get(), families_[kTiles], codec::TileKey(begin),
                                    std::move(end_key));
}

absl::Status ReadOnlyLog::ScanIndex(uint32_t part, absl::FunctionRef<void(const IndexRow&)> take) {
  constexpr uint32_t kFirstBytesAPart = 256 / kIndexParts;
  const std::string begin(1, static_cast<char>(part * kFirstBytesAPart));
  std::optional<std::string> end;
  if (part + 1 < kIndexParts)
    end = std::string(1, static_cast<char>((part + 1) * kFirstBytesAPart));
  Rows rows(db_.get(), families_[kIndex], begin, std::move(end));
  IndexRow row;
  while (true) {
    const absl::StatusOr<bool> more = rows.Next();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    if (rows.key() == codec::kWatermarkKey) continue;
    if (rows.key().size() != row.tag.size()) {
      return absl::DataLossError(
          absl::StrCat("the stored tag of ", rows.key().size(), " bytes is malformed"));
    }
    std::copy(rows.key().begin(), rows.key().end(), row.tag.begin());
    const auto indexes = codec::ParseIndexes(rows.value());
    if (!indexes.ok()) return indexes.status();
    for (const LeafIndex index : *indexes) {
      row.index = index;
      take(row);
    }
  }
}

}  // namespace cairn::ledger
