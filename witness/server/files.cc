#include "witness/server/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

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

absl::Status SyncDirectoryOf(const std::string& path) {
  const std::string directory = std::filesystem::absolute(path).parent_path().string();
  const Fd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || fsync(fd.get()) != 0) return Failed("cannot sync", directory);
  return absl::OkStatus();
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
  if (private_only && (info.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(
        absl::StrFormat("%s has mode %04o: others than its owner may use it; run `chmod 600 %s`",
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

absl::Status ReplaceFile(const std::string& path, absl::string_view bytes) {
  const std::string beside = path + ".new";
  {
    const Fd fd(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (fd.get() < 0) return Failed("cannot create", beside);
    if (absl::Status status = WriteAll(fd.get(), bytes, beside); !status.ok()) return status;
  }
  if (rename(beside.c_str(), path.c_str()) != 0) return Failed("cannot rename to", path);
  return SyncDirectoryOf(path);
}

absl::Status MakeFile(const std::string& path, absl::string_view bytes) {
  // A name of our own: what another process writes beside must not become ours.
  std::string beside = path + ".XXXXXX";
  const Fd fd(mkostemp(beside.data(), O_CLOEXEC));
  if (fd.get() < 0) return Failed("cannot create", beside);
  absl::Status made = WriteAll(fd.get(), bytes, beside);
  // Unlike a rename this fails where a file is.
  if (made.ok() && link(beside.c_str(), path.c_str()) != 0) made = Failed("cannot make", path);
  unlink(beside.c_str());
  return made.ok() ? SyncDirectoryOf(path) : made;
}

}  // namespace cairn::server
