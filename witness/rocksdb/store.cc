#include "witness/rocksdb/store.h"

#include <rocksdb/cache.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cairn::witness {
namespace {

constexpr char kFormatKey[] = "format";
constexpr char kVkeyKey[] = "vkey";
constexpr char kIdKey[] = "id";
constexpr absl::string_view kLogPrefix = "log/";
constexpr char kFormat[] = "1";
constexpr size_t kMiB = size_t{1} << 20;
// Size, root, time.
constexpr size_t kFixedBytes = 8 + Hash::kSize + 8;

rocksdb::Slice ToSlice(absl::string_view text) { return {text.data(), text.size()}; }
absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status FromRocksDb(const rocksdb::Status& status, absl::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat(doing, ": ", status.ToString());
  // A file that RocksDB's own records name and that is not there was lost.
  if (status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound()) {
    return absl::DataLossError(message);
  }
  if (status.IsIOError()) return absl::UnavailableError(message);
  return absl::InternalError(message);
}

std::string LogKey(const Hash& origin_hash) { return absl::StrCat(kLogPrefix, origin_hash.view()); }

void AppendU64(std::string& out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

uint64_t TakeU64(absl::string_view& bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  bytes.remove_prefix(8);
  return value;
}

rocksdb::Options DatabaseOptions(const OpenOptions& options) {
  rocksdb::Options out;
  out.create_if_missing = options.create;
  out.paranoid_checks = true;
  // As for the log: the default stops silently at a damaged record.
  out.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  out.recycle_log_file_num = 0;
  out.track_and_verify_wals_in_manifest = true;
  out.avoid_flush_during_recovery = false;
  out.compression = rocksdb::kNoCompression;
  out.write_buffer_size = 8 * kMiB;
  out.max_open_files = 256;
  out.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  out.keep_log_file_num = 4;
  out.max_log_file_size = 4 * kMiB;
  out.stats_dump_period_sec = 0;
  out.stats_persist_period_sec = 0;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(16 * kMiB);
  table.format_version = 5;
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return out;
}

}  // namespace

std::string FormatKeptLog(const KeptLog& log) {
  std::string out;
  out.reserve(kFixedBytes + log.note.size());
  AppendU64(out, log.tree.size.value());
  absl::StrAppend(&out, log.tree.root.view());
  AppendU64(out, log.cosigned_at_s);
  absl::StrAppend(&out, log.note);
  return out;
}

absl::StatusOr<KeptLog> ParseKeptLog(absl::string_view bytes) {
  if (bytes.size() <= kFixedBytes) {
    return absl::DataLossError(absl::StrCat("a witness's row of ", bytes.size(), " bytes"));
  }
  KeptLog log;
  log.tree.size = TreeSize(TakeU64(bytes));
  log.tree.root = *Hash::FromBytes(bytes.substr(0, Hash::kSize));
  bytes.remove_prefix(Hash::kSize);
  log.cosigned_at_s = TakeU64(bytes);
  log.note = std::string(bytes);
  return log;
}

absl::StatusOr<std::unique_ptr<RocksDbStore>> RocksDbStore::Open(const OpenOptions& options) {
  const std::filesystem::path database = std::filesystem::path(options.path) / "db";
  std::error_code error;
  const bool exists = std::filesystem::exists(database / "CURRENT", error);
  if (!exists && !options.create) {
    return absl::NotFoundError(absl::StrCat("there is no witness's database in ", options.path));
  }
  std::filesystem::create_directories(options.path, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot make the directory ", options.path, ": ", error.message()));
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(DatabaseOptions(options), database.string(), &db);
  if (!opened.ok()) {
    return FromRocksDb(opened, absl::StrCat("opening the witness's database in ", options.path));
  }
  std::unique_ptr<RocksDbStore> store(new RocksDbStore(std::unique_ptr<rocksdb::DB>(db)));
  if (absl::Status known = store->Identify(options); !known.ok()) return known;
  return store;
}

absl::Status RocksDbStore::Begin(const std::string& vkey) {
  if (getrandom(id_.data(), id_.size(), 0) != static_cast<ssize_t>(id_.size())) {
    return absl::InternalError("the system gave no random bytes");
  }
  rocksdb::WriteBatch batch;
  rocksdb::Status status = batch.Put(kFormatKey, kFormat);
  if (status.ok()) status = batch.Put(kVkeyKey, vkey);
  if (status.ok()) {
    status =
        batch.Put(kIdKey, rocksdb::Slice(reinterpret_cast<const char*>(id_.data()), id_.size()));
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (status.ok()) status = db_->Write(synced, &batch);
  return FromRocksDb(status, "making the witness's database");
}

absl::Status RocksDbStore::Identify(const OpenOptions& options) {
  std::string format, vkey, id;
  const rocksdb::Status read = db_->Get({}, kFormatKey, &format);
  if (read.IsNotFound()) {
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
    rows->SeekToFirst();
    if (!rows->status().ok()) return FromRocksDb(rows->status(), "reading the witness's database");
    // Dead while it was made; nothing was ever signed.
    if (!rows->Valid()) return Begin(options.vkey);
    return absl::FailedPreconditionError(
        absl::StrCat(options.path, " holds a database that is no witness's"));
  }
  if (!read.ok()) return FromRocksDb(read, "reading the witness's format");
  if (format != kFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.path, " has format ", format, "; this build reads ", kFormat));
  }
  rocksdb::Status status = db_->Get({}, kVkeyKey, &vkey);
  if (status.ok()) status = db_->Get({}, kIdKey, &id);
  if (!status.ok() || id.size() != id_.size()) {
    return absl::DataLossError(absl::StrCat(options.path, " does not say whose it is"));
  }
  if (vkey != options.vkey) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.path, " is of witness ", vkey, ", not of ", options.vkey,
                     "; a witness that changes its key begins in a directory of its own"));
  }
  std::copy(id.begin(), id.end(), id_.begin());
  return absl::OkStatus();
}

absl::Status RocksDbStore::Write(absl::Span<const std::pair<Hash, KeptLog>> logs) {
  rocksdb::WriteBatch batch;
  rocksdb::Status status;
  for (const auto& [origin_hash, log] : logs) {
    if (status.ok()) status = batch.Put(LogKey(origin_hash), FormatKeptLog(log));
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (status.ok()) status = db_->Write(synced, &batch);
  return FromRocksDb(status, "storing checkpoints");
}

absl::StatusOr<std::optional<KeptLog>> RocksDbStore::Read(const Hash& origin_hash) {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      db_->Get({}, db_->DefaultColumnFamily(), LogKey(origin_hash), &value);
  if (status.IsNotFound()) return std::optional<KeptLog>();
  if (!status.ok()) return FromRocksDb(status, "reading a checkpoint");
  absl::StatusOr<KeptLog> log = ParseKeptLog(ToView(value));
  if (!log.ok()) return log.status();
  return std::optional<KeptLog>(*std::move(log));
}

absl::Status RocksDbStore::ReadAll(
    const std::function<absl::Status(const Hash& origin_hash, const KeptLog& log)>& each) {
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
  for (rows->Seek(ToSlice(kLogPrefix)); rows->Valid(); rows->Next()) {
    absl::string_view key = ToView(rows->key());
    if (!absl::ConsumePrefix(&key, kLogPrefix)) break;
    const absl::StatusOr<Hash> origin_hash = Hash::FromBytes(key);
    if (!origin_hash.ok()) return absl::DataLossError("a witness's row has no SHA-256 as its key");
    const absl::StatusOr<KeptLog> log = ParseKeptLog(ToView(rows->value()));
    if (!log.ok()) return log.status();
    if (absl::Status taken = each(*origin_hash, *log); !taken.ok()) return taken;
  }
  return FromRocksDb(rows->status(), "reading all checkpoints");
}

}  // namespace cairn::witness
