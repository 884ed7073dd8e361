#include "ledger/rocksdb/restore.h"

#include <fcntl.h>
#include <rocksdb/file_system.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/rocksdb/signed_file.h"

namespace cairn::ledger {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(const std::string& doing, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(doing, " ", path));
}

absl::Status Sync(const std::string& path, int flags = O_DIRECTORY) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  absl::Status status = synced ? absl::OkStatus() : Failed("syncing", path);
  if (fd >= 0) close(fd);
  return status;
}

// Without the slashes at its end, which would hide what is above it.
std::string Trimmed(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

bool Exists(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0;
}

// In place of what is there, which is the copy's own.
absl::Status CopyFile(const std::string& from, const std::string& to) {
  if (unlink(to.c_str()) != 0 && errno != ENOENT) return Failed("removing", to);
  std::error_code error;
  if (!fs::copy_file(from, to, error)) {
    return absl::UnavailableError(absl::StrCat("copying ", from, ": ", error.message()));
  }
  if (chmod(to.c_str(), 0600) != 0) return Failed("setting the mode of", to);
  return Sync(to, 0);
}

// What is there; nothing else is done where there is nothing.
absl::Status Move(const std::string& from, const std::string& to) {
  if (!Exists(from)) return absl::OkStatus();
  return rename(from.c_str(), to.c_str()) == 0 ? absl::OkStatus() : Failed("moving to", to);
}

}  // namespace

Restoration::Restoration(std::string directory)
    : directory_(std::move(directory)),
      restoring_(Directory::RestoringPath(directory_)),
      staged_(restoring_ + "/log") {}

absl::StatusOr<std::unique_ptr<Restoration>> Restoration::Begin(const std::string& copy,
                                                                const std::string& directory,
                                                                CopyProgress* progress) {
  std::unique_ptr<Restoration> restoration(new Restoration(Trimmed(directory)));
  const std::string& path = restoration->directory_;
  const absl::StatusOr<bool> holds = HoldsLog(path);
  if (!holds.ok()) return holds.status();
  if (*holds) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " holds a log, and nothing is overwritten: move it aside"));
  }
  if (Exists(Directory::SignedPath(path)) && !ReadSignedRecord(path).ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        Directory::SignedPath(path), " cannot be read, and nothing is overwritten: move it aside"));
  }
  restoration->made_directory_ = mkdir(path.c_str(), 0700) == 0;
  if (!restoration->made_directory_ && errno != EEXIST) return Failed("making", path);
  // From here on no cairnd takes the directory; one that has it already is seen by its lock.
  if (mkdir(restoration->restoring_.c_str(), 0700) != 0) {
    return Failed("making", restoration->restoring_);
  }
  restoration->made_ = true;
  const absl::StatusOr<Directory::ReadersLock> lock = Directory::ReadersLock::Take(path);
  if (!lock.ok()) return lock.status();
  absl::Status status = Sync(path);
  if (status.ok()) status = CopyLog(copy, restoration->staged_, progress);
  if (status.ok()) status = restoration->TakeRecordsOf(path);
  if (!status.ok()) return status;
  return restoration;
}

Restoration::~Restoration() {
  std::error_code error;
  if (made_) fs::remove_all(restoring_, error);
  // Fails where anything is in it.
  if (made_directory_) rmdir(directory_.c_str());
}

absl::Status Restoration::TakeRecordsOf(const std::string& other) {
  if (ReadSignedRecord(other).ok()) {
    absl::Status taken = CopyFile(Directory::SignedPath(other), Directory::SignedPath(staged_));
    if (!taken.ok()) return taken;
  }
  if (!Exists(Directory::PublishedPath(other))) return absl::OkStatus();
  return CopyFile(Directory::PublishedPath(other), Directory::PublishedPath(staged_));
}

absl::Status Restoration::Finish() {
  // The database comes last, and what it leans on is there before it, durably: until then nothing
  // here is a log.
  absl::Status moved = Move(Directory::SignedPath(staged_), Directory::SignedPath(directory_));
  if (moved.ok()) {
    moved = Move(Directory::PublishedPath(staged_), Directory::PublishedPath(directory_));
  }
  // The records that the directory had are those that are staged; its anchors stay.
  if (moved.ok() && !Exists(Directory::AnchorsPath(directory_))) {
    moved = Move(Directory::AnchorsPath(staged_), Directory::AnchorsPath(directory_));
  }
  if (moved.ok()) moved = Sync(directory_);
  if (moved.ok()) {
    moved = Move(Directory::DatabasePath(staged_), Directory::DatabasePath(directory_));
  }
  if (!moved.ok()) return moved;
  if (absl::Status synced = Sync(directory_); !synced.ok()) return synced;
  std::error_code error;
  fs::remove_all(restoring_, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("removing ", restoring_, ": ", error.message()));
  }
  made_ = made_directory_ = false;
  // The name of a new directory too, where the one above it can be read.
  Sync(fs::path(directory_).has_parent_path() ? fs::path(directory_).parent_path().string() : ".")
      .IgnoreError();
  return Sync(directory_);
}

absl::StatusOr<SignedRecord> ReadSignedRecord(const std::string& directory) {
  return SignedFile::Read(*rocksdb::FileSystem::Default(), Directory::SignedPath(directory));
}

absl::StatusOr<bool> HoldsLog(const std::string& directory) {
  return Directory::HasLog(*rocksdb::FileSystem::Default(), directory);
}

}  // namespace cairn::ledger
