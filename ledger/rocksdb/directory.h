// The directory that holds a log, before and around its database.
//
// Shape: DIR/LOCK (held while open), DIR/db (the database), DIR/signed (signed_file.h),
//   DIR/staging (index files on their way into the database), DIR/published (the newest published
//   checkpoint) and DIR/anchors (the anchors' database), which are the server's. A new database is
//   made as DIR/db.creating and renamed, so that DIR/db exists exactly when the log was created
//   whole. While a copy is put here, DIR/restoring (restore.h): then the directory is refused.
// Errors: kFailedPrecondition for a directory that is not ours to use, with what to do.

#ifndef CAIRN_LEDGER_ROCKSDB_DIRECTORY_H_
#define CAIRN_LEDGER_ROCKSDB_DIRECTORY_H_

#include <rocksdb/file_system.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::ledger {

class Directory {
 public:
  // Takes the directory for this process: makes it (its parent must exist) and locks it. One that
  // holds anything which is not cairn's is refused untouched, and so is one locked by another
  // process.
  static absl::StatusOr<std::unique_ptr<Directory>> Claim(
      std::shared_ptr<rocksdb::FileSystem> file_system, const std::string& path);
  // Whether a log was created there. Changes nothing, needs no lock. kFailedPrecondition as above.
  static absl::StatusOr<bool> HasLog(rocksdb::FileSystem& file_system, const std::string& path);

  // Keeps every cairnd from opening the directory, as long as the value lives; who else reads it
  // may do so beside. Writes nothing, so that the disk may be read-only. kFailedPrecondition when a
  // cairnd has it open. Only of a directory on the machine's own file system.
  class ReadersLock {
   public:
    static absl::StatusOr<ReadersLock> Take(const std::string& path);
    ~ReadersLock();
    ReadersLock(ReadersLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ReadersLock& operator=(ReadersLock&&) = delete;

   private:
    explicit ReadersLock(int fd) : fd_(fd) {}
    int fd_;  // -1: no cairnd has ever opened the directory, which is a copy.
  };

  // Unlocks.
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const std::string& path() const { return path_; }
  std::string DatabasePath() const { return DatabasePath(path_); }
  std::string SignedPath() const { return SignedPath(path_); }
  std::string StagingPath() const;
  static std::string DatabasePath(const std::string& path);
  static std::string SignedPath(const std::string& path);
  static std::string PublishedPath(const std::string& path);
  static std::string AnchorsPath(const std::string& path);
  static std::string RestoringPath(const std::string& path);

  absl::StatusOr<bool> HasLog() const { return HasLog(*file_system_, path_); }

  // Creates the log: `make_database(path)` must leave a closed, synced database at `path`. All is
  // durable when this returns OK; after a crash HasLog() is false and it can be done again.
  absl::Status Create(const std::function<absl::Status(const std::string& path)>& make_database);

  // Makes durable that the log is here: whoever created it may have ended between the rename and
  // its sync, and then a power failure would still undo it.
  absl::Status SyncNames();

  // Removes what an interrupted ingestion left in the staging directory; makes it if need be.
  absl::Status ClearStaging();

 private:
  Directory(std::shared_ptr<rocksdb::FileSystem> file_system, std::string path,
            rocksdb::FileLock* lock)
      : file_system_(std::move(file_system)), path_(std::move(path)), lock_(lock) {}

  std::shared_ptr<rocksdb::FileSystem> file_system_;
  std::string path_;
  rocksdb::FileLock* lock_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ROCKSDB_DIRECTORY_H_
