#include "ledger/rocksdb/backup.h"

#include <fcntl.h>
#include <rocksdb/file_system.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ledger/rocksdb/directory.h"

namespace cairn::ledger {
namespace {

namespace fs = std::filesystem;

// A manifest grows with a flush, an ingestion or a compaction: some times a second at most, and a
// look at the directory takes milliseconds.
constexpr int kMaxLooks = 200;
constexpr size_t kChunkBytes = 1u << 20;
constexpr char kCurrent[] = "CURRENT";

absl::Status SystemError(absl::string_view doing, absl::string_view path) {
  const std::string message = absl::StrCat(doing, " ", path, ": ", std::strerror(errno));
  if (errno == EMFILE || errno == ENFILE) {
    return absl::ResourceExhaustedError(
        absl::StrCat(message, "; allow more open files (ulimit -n)"));
  }
  if (errno == EEXIST) return absl::FailedPreconditionError(message);
  if (errno == ENOENT) return absl::NotFoundError(message);
  return absl::UnavailableError(message);
}

class File {
 public:
  static absl::StatusOr<File> Open(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return SystemError("opening", path);
    return File(fd, path);
  }
  static absl::StatusOr<File> Create(const std::string& path) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return SystemError("creating", path);
    return File(fd, path);
  }
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&&) = delete;
  ~File() {
    if (fd_ >= 0) close(fd_);
  }

  absl::StatusOr<uint64_t> Size() const {
    struct stat info {};
    if (fstat(fd_, &info) != 0) return SystemError("reading", path_);
    return info.st_size;
  }

  // Whether the path still names this very file.
  bool IsAt(const std::string& path) const {
    struct stat ours {
    }, there{};
    return fstat(fd_, &ours) == 0 && stat(path.c_str(), &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
  }

  // The first bytes of the file; kUnavailable when there are fewer.
  absl::StatusOr<std::string> Read(uint64_t size) const {
    std::string out(size, '\0');
    for (size_t at = 0; at < size;) {
      const ssize_t got = pread(fd_, out.data() + at, size - at, static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return Short(got);
      at += got;
    }
    return out;
  }

  absl::Status Append(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t put = write(fd_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return SystemError("writing", path_);
      bytes.remove_prefix(put);
    }
    return absl::OkStatus();
  }

  // Appends the first `size` bytes of another.
  absl::Status AppendFrom(const File& from, uint64_t size, CopyProgress* progress) {
    std::string buffer(kChunkBytes, '\0');
    for (uint64_t at = 0; at < size;) {
      const size_t wanted = std::min<uint64_t>(buffer.size(), size - at);
      const ssize_t got = pread(from.fd_, buffer.data(), wanted, static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return from.Short(got);
      const absl::Status put = Append(absl::string_view(buffer.data(), got));
      if (!put.ok()) return put;
      at += got;
      progress->bytes += got;
    }
    return absl::OkStatus();
  }

  absl::Status Sync() const {
    return fsync(fd_) == 0 ? absl::OkStatus() : SystemError("syncing", path_);
  }

 private:
  File(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  absl::Status Short(ssize_t got) const {
    if (got < 0) return SystemError("reading", path_);
    return absl::UnavailableError(absl::StrCat(path_, " became shorter while it was read"));
  }

  int fd_;
  std::string path_;
};

absl::StatusOr<std::string> ReadAll(const std::string& path) {
  const absl::StatusOr<File> file = File::Open(path);
  if (!file.ok()) return file.status();
  const absl::StatusOr<uint64_t> size = file->Size();
  if (!size.ok()) return size.status();
  return file->Read(*size);
}

// A small file that is rewritten in place: as it stood between two writes.
absl::StatusOr<std::string> ReadBetweenWrites(const std::string& path) {
  absl::StatusOr<std::string> bytes = ReadAll(path);
  for (int i = 0; i < kMaxLooks && bytes.ok(); ++i) {
    absl::StatusOr<std::string> again = ReadAll(path);
    if (!again.ok() || *again == *bytes) return again;
    bytes = std::move(again);
  }
  return bytes;
}

absl::Status WriteNew(const std::string& path, absl::string_view bytes) {
  absl::StatusOr<File> file = File::Create(path);
  if (!file.ok()) return file.status();
  if (absl::Status written = file->Append(bytes); !written.ok()) return written;
  return file->Sync();
}

absl::Status MakeDirectory(const std::string& path) {
  return mkdir(path.c_str(), 0700) == 0 ? absl::OkStatus() : SystemError("making", path);
}

absl::Status SyncDirectory(const std::string& path) {
  const absl::StatusOr<File> directory = File::Open(path);
  return directory.ok() ? directory->Sync() : directory.status();
}

bool IsWal(absl::string_view name) { return absl::EndsWith(name, ".log"); }

// What a database consists of, but for its manifest; the rest a start makes anew.
bool IsContent(absl::string_view name) {
  return absl::EndsWith(name, ".sst") || IsWal(name) || name == "IDENTITY";
}

// The files of a database as of one moment, held open.
class Moment {
 public:
  Moment(std::string database, const std::function<void()>& between)
      : database_(std::move(database)), between_(between) {}

  absl::Status Take() {
    for (int look = 0; look < kMaxLooks; ++look) {
      const absl::StatusOr<bool> taken = Look();
      if (!taken.ok()) return taken.status();
      if (*taken) return absl::OkStatus();
    }
    return absl::UnavailableError(
        absl::StrCat(database_, " changed at every look; try again when the log has less to do"));
  }

  uint64_t bytes() const {
    uint64_t all = manifest_.size();
    for (const auto& [name, size] : sizes_) all += size;
    return all;
  }

  absl::Status WriteTo(const std::string& to, CopyProgress* progress) const {
    for (const auto& [name, size] : sizes_) {
      absl::StatusOr<File> file = File::Create(absl::StrCat(to, "/", name));
      if (!file.ok()) return file.status();
      absl::Status written = file->AppendFrom(files_.at(name), size, progress);
      if (written.ok()) written = file->Sync();
      if (!written.ok()) return written;
    }
    absl::Status written = WriteNew(absl::StrCat(to, "/", manifest_name_), manifest_);
    if (written.ok()) written = WriteNew(absl::StrCat(to, "/", kCurrent), current_);
    progress->bytes += manifest_.size();
    return written;
  }

 private:
  // False: the manifest grew meanwhile, or another took its place.
  absl::StatusOr<bool> Look() {
    // What vanishes between its listing and its opening is no part of this moment.
    absl::StatusOr<std::set<std::string>> names = OpenAll();
    if (!names.ok()) return names.status();
    if (between_) between_();
    absl::StatusOr<std::string> current = ReadAll(Path(kCurrent));
    if (!current.ok()) return current.status();
    current_ = *std::move(current);
    manifest_name_ = std::string(absl::StripSuffix(current_, "\n"));
    const absl::StatusOr<File> manifest = File::Open(Path(manifest_name_));
    if (absl::IsNotFound(manifest.status())) return false;
    if (!manifest.ok()) return manifest.status();
    const absl::StatusOr<uint64_t> size = manifest->Size();
    if (!size.ok()) return size.status();
    absl::StatusOr<std::string> bytes = manifest->Read(*size);
    if (!bytes.ok()) return bytes.status();
    manifest_ = *std::move(bytes);
    if (between_) between_();

    names = OpenAll();
    if (!names.ok()) return names.status();
    // A table or WAL is deleted only once the manifest no longer needs it. So if that is still what
    // was read, all that it needs was there during the second listing.
    const absl::StatusOr<uint64_t> size_now = manifest->Size();
    const absl::StatusOr<std::string> current_now = ReadAll(Path(kCurrent));
    if (!size_now.ok()) return size_now.status();
    if (!current_now.ok()) return current_now.status();
    if (*size_now != *size || *current_now != current_) return false;

    // Of several WALs that were listed only the last still grows: the copy ends within it.
    sizes_.clear();
    for (const std::string& name : *names) {
      const absl::StatusOr<uint64_t> file_size = files_.at(name).Size();
      if (!file_size.ok()) return file_size.status();
      sizes_.emplace(name, *file_size);
    }
    return true;
  }

  // Opens what is not open yet; answers what is there.
  absl::StatusOr<std::set<std::string>> OpenAll() {
    std::set<std::string> names;
    std::error_code error;
    for (fs::directory_iterator it(database_, error), end; !error && it != end;
         it.increment(error)) {
      const std::string name = it->path().filename();
      if (!IsContent(name)) continue;
      // After a crash a start may give the name of a file that it removed to another.
      const auto open = files_.find(name);
      if (open != files_.end() && !open->second.IsAt(it->path())) files_.erase(open);
      if (files_.find(name) == files_.end()) {
        absl::StatusOr<File> file = File::Open(it->path());
        if (absl::IsNotFound(file.status())) continue;
        if (!file.ok()) return file.status();
        files_.emplace(name, *std::move(file));
      }
      names.insert(name);
    }
    if (error) {
      return absl::UnavailableError(absl::StrCat("listing ", database_, ": ", error.message()));
    }
    return names;
  }

  std::string Path(absl::string_view name) const { return absl::StrCat(database_, "/", name); }

  const std::string database_;
  const std::function<void()>& between_;
  std::map<std::string, File> files_;
  std::string current_;
  std::string manifest_name_;
  std::string manifest_;
  // How much of each is copied.
  std::map<std::string, uint64_t> sizes_;
};

absl::Status WriteAnchors(const Moment& anchors, const std::string& to, CopyProgress* progress) {
  const std::string database = Directory::DatabasePath(to);
  absl::Status status = MakeDirectory(to);
  if (status.ok()) status = MakeDirectory(database);
  if (status.ok()) status = anchors.WriteTo(database, progress);
  if (status.ok()) status = SyncDirectory(database);
  if (status.ok()) status = SyncDirectory(to);
  return status;
}

}  // namespace

absl::Status CopyLog(const std::string& from, const std::string& to, CopyProgress* progress,
                     const std::function<void()>& between) {
  const absl::StatusOr<bool> has_log = Directory::HasLog(*rocksdb::FileSystem::Default(), from);
  if (!has_log.ok()) return has_log.status();
  if (!*has_log) return absl::NotFoundError(absl::StrCat("there is no log in ", from));
  // In this order; see the header.
  const std::function<void()> nothing;
  const std::string anchors_from = Directory::DatabasePath(Directory::AnchorsPath(from));
  Moment anchors(anchors_from, nothing);
  const absl::Status begun = File::Open(absl::StrCat(anchors_from, "/", kCurrent)).status();
  const bool has_anchors = begun.ok();
  if (!has_anchors && !absl::IsNotFound(begun)) return begun;
  absl::Status status = has_anchors ? anchors.Take() : absl::OkStatus();
  if (!status.ok()) return status;
  const absl::StatusOr<std::string> published = ReadAll(Directory::PublishedPath(from));
  if (!published.ok() && !absl::IsNotFound(published.status())) return published.status();
  const absl::StatusOr<std::string> signed_record = ReadBetweenWrites(Directory::SignedPath(from));
  if (!signed_record.ok()) return signed_record.status();
  Moment moment(Directory::DatabasePath(from), between);
  status = moment.Take();
  if (!status.ok()) return status;
  progress->all_bytes = moment.bytes() + (has_anchors ? anchors.bytes() : 0);

  const std::string database = Directory::DatabasePath(to);
  status = MakeDirectory(to);
  if (status.ok()) status = MakeDirectory(database);
  if (status.ok()) status = WriteNew(Directory::SignedPath(to), *signed_record);
  if (status.ok() && published.ok()) {
    status = WriteNew(Directory::PublishedPath(to), *published);
  }
  if (status.ok() && has_anchors) {
    status = WriteAnchors(anchors, Directory::AnchorsPath(to), progress);
  }
  if (status.ok()) status = moment.WriteTo(database, progress);
  if (status.ok()) status = SyncDirectory(database);
  if (status.ok()) status = SyncDirectory(to);
  return status;
}

}  // namespace cairn::ledger
