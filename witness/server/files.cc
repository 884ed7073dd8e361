#include "witness/server/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cairn::server {
namespace {

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status Failed(absl::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", path));
}

absl::Status WriteAll(int fd, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return Failed("cannot write", path);
    bytes.remove_prefix(wrote);
  }
  if (fsync(fd) != 0) return Failed("cannot sync", path);
  return absl::OkStatus();
}

bool IsInGroup(gid_t group) {
  if (group == getegid()) return true;
  std::vector<gid_t> groups(std::max(0, getgroups(0, nullptr)));
  const int count = getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(std::max(0, count));
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

// Whether others than those who are meant to may use it; see the header.
bool IsOpenToOthers(const struct stat& info) {
  const mode_t mode = info.st_mode & 07777;
  if ((mode & 077) == 0) return false;
  return info.st_uid != 0 || (mode & ~mode_t{0440}) != 0 || !IsInGroup(info.st_gid);
}

// A new file at `path`, for writing; -1 with errno. What is there is removed, not opened: it may be
// what a crash left, or a link that somebody planted.
int CreateAnew(const std::string& path, mode_t mode) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return -1;
  return open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

// Unlike rename() it fails where anything is. Some file systems have no links between files.
int Name(const char* from, const char* to) {
  if (link(from, to) == 0) return 0;
  if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) return -1;
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

absl::Status SyncDirectoryOf(const std::string& path) {
  std::string directory = std::filesystem::path(path).parent_path().string();
  if (directory.empty()) directory = ".";
  const Fd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems keep names durable without being asked, and know no sync of a directory.
  const bool synced =
      fd.get() >= 0 && (fsync(fd.get()) == 0 || errno == EINVAL || errno == EOPNOTSUPP);
  return synced ? absl::OkStatus() : Failed("cannot sync", directory);
}

}  // namespace

absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes,
                                          bool private_only) {
  // Not blocking: opening a named pipe must not wait for a writer.
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return Failed("cannot open", path);
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return Failed("cannot look at", path);
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is not a regular file"));
  }
  if (private_only && IsOpenToOthers(info)) {
    return absl::PermissionDeniedError(absl::StrFormat(
        "%s has mode %04o: others than its owner may use it; run `chmod 600 %s`, or "
        "mount it of root, with mode 0440 and a group that this process is in",
        path, info.st_mode & 07777, path));
  }
  // One byte more than there is, so that its end is seen.
  std::string bytes(std::min(max_bytes, static_cast<size_t>(info.st_size)) + 1, '\0');
  size_t size = 0;
  while (size <= max_bytes) {
    if (size == bytes.size()) bytes.resize(std::min(2 * size, max_bytes + 1));
    const ssize_t got = read(fd.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("cannot read", path);
    if (got == 0) break;
    size += got;
  }
  if (size > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is larger than ", max_bytes, " bytes: not such a file"));
  }
  bytes.resize(size);
  return bytes;
}

absl::Status ReplaceFile(const std::string& path, absl::string_view bytes, mode_t mode) {
  const std::string beside = path + ".new";
  absl::Status written;
  {
    const Fd fd(CreateAnew(beside, 0600));
    if (fd.get() < 0) return Failed("cannot create", beside);
    written = fchmod(fd.get(), mode) == 0 ? WriteAll(fd.get(), bytes, beside)
                                          : Failed("cannot set the mode of", beside);
  }
  if (written.ok() && rename(beside.c_str(), path.c_str()) != 0) {
    written = Failed("cannot rename to", path);
  }
  if (!written.ok()) {
    unlink(beside.c_str());
    return written;
  }
  return SyncDirectoryOf(path);
}

absl::Status MakeFile(const std::string& path, absl::string_view bytes) {
  // A name of our own: what another process writes beside must not become ours.
  std::string beside = path + ".XXXXXX";
  const Fd fd(mkostemp(beside.data(), O_CLOEXEC));
  if (fd.get() < 0) return Failed("cannot create", beside);
  // mkostemp asks the umask too.
  absl::Status made = fchmod(fd.get(), 0600) == 0 ? WriteAll(fd.get(), bytes, beside)
                                                  : Failed("cannot set the mode of", beside);
  if (made.ok() && Name(beside.c_str(), path.c_str()) != 0) made = Failed("cannot make", path);
  unlink(beside.c_str());
  return made.ok() ? SyncDirectoryOf(path) : made;
}

mode_t MakeFilesPrivate() {
  const mode_t before = umask(077);
  return 0644 & ~before;
}

std::string SayWhoMayUse(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || (info.st_mode & 077) == 0) return "";
  return absl::StrFormat("%s has mode %04o: others than its owner may use it; run `chmod %o %s`",
                         path, info.st_mode & 07777, S_ISDIR(info.st_mode) ? 0700 : 0600, path);
}

}  // namespace cairn::server
