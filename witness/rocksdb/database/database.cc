#include "witness/rocksdb/database/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/table.h>

#include <cstddef>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "witness/rocksdb/database/info_log.h"

namespace cairn::database {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

// The machine's, for the life of the process.
rocksdb::Env* Machine() {
  static rocksdb::Env* const env =
      rocksdb::NewCompositeEnv(std::make_shared<InfoLogKeeper>(rocksdb::FileSystem::Default()))
          .release();
  return env;
}

rocksdb::Options DatabaseOptions(bool create) {
  rocksdb::Options out;
  out.env = Machine();
  out.create_if_missing = create;
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

absl::Status FromRocksDb(const rocksdb::Status& status, absl::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat(doing, ": ", status.ToString());
  // A file that RocksDB's own records name and that is not there was lost.
  if (status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound()) {
    return absl::DataLossError(message);
  }
  if (status.IsNoSpace()) {
    return absl::UnavailableError(
        absl::StrCat("the disk is full: ", message, "; free some space, then start again"));
  }
  if (status.IsIOError()) return absl::UnavailableError(message);
  return absl::InternalError(message);
}

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::path(path) / "db" / "CURRENT", error);
}

absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenToRead(const std::string& path,
                                                        absl::string_view whose) {
  if (!Exists(path)) {
    return absl::NotFoundError(absl::StrCat(path, " does not hold ", whose, " database"));
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::OpenForReadOnly(DatabaseOptions(/*create=*/false), path + "/db", &db);
  if (!opened.ok()) {
    return FromRocksDb(opened, absl::StrCat("opening ", whose, " database in ", path));
  }
  return std::unique_ptr<rocksdb::DB>(db);
}

absl::StatusOr<std::unique_ptr<rocksdb::DB>> Open(const std::string& path, bool create,
                                                  absl::string_view whose) {
  const std::filesystem::path database = std::filesystem::path(path) / "db";
  std::error_code error;
  if (!create && !Exists(path)) {
    return absl::NotFoundError(absl::StrCat(path, " does not hold ", whose, " database"));
  }
  std::filesystem::create_directories(path, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot make the directory ", path, ": ", error.message()));
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(DatabaseOptions(create), database.string(), &db);
  if (!opened.ok()) {
    return FromRocksDb(opened, absl::StrCat("opening ", whose, " database in ", path));
  }
  return std::unique_ptr<rocksdb::DB>(db);
}

void Batch::Put(absl::string_view key, absl::string_view value) {
  if (status_.ok()) status_ = batch_.Put(ToSlice(key), ToSlice(value));
}

rocksdb::Status Batch::WriteTo(rocksdb::DB& db) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return status_.ok() ? db.Write(synced, &batch_) : status_;
}

}  // namespace cairn::database
