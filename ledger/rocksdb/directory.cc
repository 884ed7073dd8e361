#include "ledger/rocksdb/directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/rocksdb/signed_file.h"
#include "ledger/rocksdb/status.h"

namespace cairn::ledger {
namespace {

constexpr absl::string_view kLock = "LOCK";
constexpr absl::string_view kDatabase = "db";
constexpr absl::string_view kCreating = "db.creating";
constexpr absl::string_view kSigned = "signed";
constexpr absl::string_view kStaging = "staging";
// The server's.
constexpr absl::string_view kPublished = "published";
constexpr absl::string_view kPublishing = "published.new";
constexpr absl::string_view kAnchors = "anchors";
// A restore's, until it is done.
constexpr absl::string_view kRestoring = "restoring";

std::string Join(absl::string_view directory, absl::string_view name) {
  return absl::StrCat(directory, "/", name);
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status SyncDirectory(rocksdb::FileSystem& file_system, const std::string& path) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  rocksdb::IOStatus status =
      file_system.NewDirectory(path, rocksdb::IOOptions(), &directory, nullptr);
  if (status.ok()) status = directory->Fsync(rocksdb::IOOptions(), nullptr);
  return FromRocksDb(status, absl::StrCat("syncing the directory ", path));
}

// Makes the name of a log's directory durable. Whoever put it below one that may not be read has to
// see to that himself.
absl::Status SyncName(rocksdb::FileSystem& file_system, const std::string& path) {
  std::unique_ptr<rocksdb::FSDirectory> parent;
  if (!file_system.NewDirectory(ParentOf(path), rocksdb::IOOptions(), &parent, nullptr).ok()) {
    return absl::OkStatus();
  }
  return FromRocksDb(parent->Fsync(rocksdb::IOOptions(), nullptr),
                     absl::StrCat("syncing the directory above ", path));
}

// The names in a directory; none when it does not exist.
absl::StatusOr<std::vector<std::string>> List(rocksdb::FileSystem& file_system,
                                              const std::string& path) {
  std::vector<std::string> names;
  const rocksdb::IOOptions io;
  const rocksdb::IOStatus exists = file_system.FileExists(path, io, nullptr);
  if (exists.IsNotFound()) return names;
  if (!exists.ok()) return FromRocksDb(exists, absl::StrCat("looking for ", path));
  const rocksdb::IOStatus status = file_system.GetChildren(path, io, &names, nullptr);
  if (!status.ok()) return FromRocksDb(status, absl::StrCat("listing ", path));
  names.erase(std::remove_if(names.begin(), names.end(),
                             [](const std::string& name) { return name == "." || name == ".."; }),
              names.end());
  return names;
}

absl::Status RemoveAll(rocksdb::FileSystem& file_system, const std::string& path) {
  const rocksdb::IOOptions io;
  if (file_system.FileExists(path, io, nullptr).IsNotFound()) return absl::OkStatus();
  const auto names = List(file_system, path);
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    const rocksdb::IOStatus status = file_system.DeleteFile(Join(path, name), io, nullptr);
    if (!status.ok()) return FromRocksDb(status, absl::StrCat("removing ", Join(path, name)));
  }
  return FromRocksDb(file_system.DeleteDir(path, io, nullptr), absl::StrCat("removing ", path));
}

}  // namespace

absl::StatusOr<bool> Directory::HasLog(rocksdb::FileSystem& file_system, const std::string& path) {
  const auto names = List(file_system, path);
  if (!names.ok()) return names.status();
  bool found = false;
  for (const std::string& name : *names) {
    found = found || name == kDatabase;
    if (name == kRestoring) {
      return absl::FailedPreconditionError(absl::StrCat(
          path, " holds ", name, ": a restore is under way here, or was interrupted; then remove ",
          Join(path, kRestoring), " and restore again"));
    }
    if (name != kLock && name != kDatabase && name != kCreating && name != kSigned &&
        name != kStaging && name != kPublished && name != kPublishing && name != kAnchors) {
      return absl::FailedPreconditionError(absl::StrCat(
          path, " holds ", name,
          ", which is not cairn's: name the directory of a log, or an empty or new one"));
    }
  }
  return found;
}

absl::StatusOr<std::unique_ptr<Directory>> Directory::Claim(
    std::shared_ptr<rocksdb::FileSystem> file_system, const std::string& given) {
  std::string path = given;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  // Before anything is written there.
  const auto has_log = HasLog(*file_system, path);
  if (!has_log.ok()) return has_log.status();
  const rocksdb::IOOptions io;
  if (!file_system->FileExists(path, io, nullptr).ok()) {
    if (const auto made = file_system->CreateDir(path, io, nullptr); !made.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot make the directory ", path, ": ", made.ToString(),
                       "; make the one above it, or name another"));
    }
  }

  rocksdb::FileLock* lock = nullptr;
  const rocksdb::IOStatus locked = file_system->LockFile(Join(path, kLock), io, &lock, nullptr);
  if (!locked.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "another cairnd has ", path, " open, or it is not writable: ", locked.ToString()));
  }
  return std::unique_ptr<Directory>(new Directory(std::move(file_system), std::move(path), lock));
}

Directory::~Directory() {
  file_system_->UnlockFile(lock_, rocksdb::IOOptions(), nullptr).PermitUncheckedError();
}

absl::StatusOr<Directory::ReadersLock> Directory::ReadersLock::Take(const std::string& path) {
  const std::string lock_path = Join(path, kLock);
  const int fd = open(lock_path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return ReadersLock(-1);
  if (fd < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot open ", lock_path, ": ", std::strerror(errno)));
  }
  ReadersLock lock(fd);
  // Of the open file, not of the process: other locks of this process on it stand.
  struct flock shared {};
  shared.l_type = F_RDLCK;
  shared.l_whence = SEEK_SET;
  if (fcntl(fd, F_OFD_SETLK, &shared) == 0) return lock;
  return absl::FailedPreconditionError(
      absl::StrCat("a cairnd has ", path, " open: stop it, or take a copy with `cairn backup`"));
}

Directory::ReadersLock::~ReadersLock() {
  if (fd_ >= 0) close(fd_);
}

std::string Directory::DatabasePath(const std::string& path) { return Join(path, kDatabase); }
std::string Directory::SignedPath(const std::string& path) { return Join(path, kSigned); }
std::string Directory::PublishedPath(const std::string& path) { return Join(path, kPublished); }
std::string Directory::AnchorsPath(const std::string& path) { return Join(path, kAnchors); }
std::string Directory::RestoringPath(const std::string& path) { return Join(path, kRestoring); }
std::string Directory::StagingPath() const { return Join(path_, kStaging); }

absl::Status Directory::Create(
    const std::function<absl::Status(const std::string& path)>& make_database) {
  rocksdb::FileSystem& fs = *file_system_;
  if (fs.FileExists(SignedPath(), rocksdb::IOOptions(), nullptr).ok()) {
    // Left by an interrupted creation, unless something was signed: then a database was here.
    const auto signed_file = SignedFile::Open(fs, SignedPath());
    if (signed_file.ok() && (*signed_file)->last().has_value()) {
      return absl::DataLossError(absl::StrCat(
          path_, " has lost its database: ", SignedPath(), " says that a tree of size ",
          (*signed_file)->last()->size.value(), " was signed here; restore ", DatabasePath()));
    }
  }
  const std::string creating = Join(path_, kCreating);
  // Also of a directory that was there: an earlier attempt may have made it and ended.
  absl::Status status = SyncName(fs, path_);
  if (status.ok()) status = RemoveAll(fs, creating);
  if (status.ok()) status = make_database(creating);
  if (status.ok()) status = SignedFile::Create(fs, SignedPath());
  if (status.ok()) status = SyncDirectory(fs, path_);
  if (!status.ok()) return status;
  // The commit point: until the rename is durable there is no log here.
  status = FromRocksDb(fs.RenameFile(creating, DatabasePath(), rocksdb::IOOptions(), nullptr),
                       absl::StrCat("renaming ", creating));
  if (status.ok()) status = SyncDirectory(fs, path_);
  return status;
}

absl::Status Directory::SyncNames() { return SyncDirectory(*file_system_, path_); }

absl::Status Directory::ClearStaging() {
  const absl::Status removed = RemoveAll(*file_system_, StagingPath());
  if (!removed.ok()) return removed;
  return FromRocksDb(file_system_->CreateDirIfMissing(StagingPath(), rocksdb::IOOptions(), nullptr),
                     "making the staging directory");
}

}  // namespace cairn::ledger
