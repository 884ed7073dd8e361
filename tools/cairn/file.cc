#include "tools/cairn/file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/cairn/error_code.h"

namespace cairn::cli {
namespace {

absl::Status SystemError(absl::string_view what, const std::string& path) {
  const absl::Status status = absl::ErrnoToStatus(errno, absl::StrCat("cannot ", what, " ", path));
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kAlreadyExists:
      return status;
    default:
      return WithErrorCode(
          absl::InternalError(status.message()),
          what == "open" || what == "read" || what == "look at" ? "cannot_read" : "cannot_write");
  }
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  const int fd_;
};

enum class Users { kAny, kOwner };

absl::Status ReadPieces(const std::string& path, Users users,
                        const std::function<absl::Status(absl::string_view)>& take) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return SystemError("open", path);
  if (users == Users::kOwner) {
    struct stat status;
    if (fstat(file.get(), &status) != 0) return SystemError("look at", path);
    if ((status.st_mode & 077) != 0) {
      return absl::PermissionDeniedError(
          absl::StrFormat("%s has mode %04o: others than its owner may use it; run `chmod 600 %s`",
                          path, status.st_mode & 07777, path));
    }
  }
  std::string buffer(size_t{1} << 18, '\0');
  while (true) {
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("read", path);
    if (got == 0) return absl::OkStatus();
    if (absl::Status taken = take(absl::string_view(buffer.data(), got)); !taken.ok()) return taken;
  }
}

absl::Status WriteAndSync(int fd, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError("write", path);
    bytes.remove_prefix(written);
  }
  return fsync(fd) == 0 ? absl::OkStatus() : SystemError("sync", path);
}

// Whether the file system knows no such operation. FAT, SMB, 9p and file systems in user space have
// no hard links, or cannot sync a directory, and say so in one of these ways.
bool CannotDoThat(int error) {
  return error == EPERM || error == EOPNOTSUPP || error == ENOTSUP || error == ENOSYS ||
         error == EINVAL || error == EMLINK || error == EXDEV || error == ENOTTY;
}

// The entry in the directory is on disk only once that is synced. Where directories cannot be
// synced the file system takes care of it, or nobody can.
absl::Status SyncDirectoryOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string directory = parent.empty() ? "." : parent;
  Descriptor fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A directory may be written to and not be read.
  if (!fd.ok()) return errno == EACCES ? absl::OkStatus() : SystemError("sync", directory);
  if (fsync(fd.get()) == 0 || CannotDoThat(errno)) return absl::OkStatus();
  return SystemError("sync", directory);
}

absl::StatusOr<std::string> ReadWhole(const std::string& path, Users users, size_t max_bytes) {
  std::string bytes;
  const absl::Status read = ReadPieces(path, users, [&](absl::string_view piece) {
    if (bytes.size() + piece.size() > max_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, " is longer than ", max_bytes, " bytes"));
    }
    absl::StrAppend(&bytes, piece);
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return bytes;
}

// Distinct among the threads and processes that write into one directory. Its length does not
// depend on the file's, whose name may be as long as names can be.
std::string TemporaryBeside(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  return (directory / absl::StrCat(".cairn-", getpid(), "-", counter++)).string();
}

// A new file for what is to be at `path`; the descriptor, or -1 with errno.
int CreateBeside(const std::string& path, mode_t mode, std::string& temporary) {
  int fd;
  do {
    temporary = TemporaryBeside(path);
    fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    // A process of the same id may have died here.
  } while (fd < 0 && errno == EEXIST);
  return fd;
}

// Gives a file its name, never in place of what is there; whether it has it now, else errno. Unlike
// rename, link fails where anything is, also a link that leads nowhere. Where there are no links a
// rename that replaces nothing does the same; where there is not even that the name is taken first,
// by an empty file, which alone is then replaced: who dies in between leaves that.
bool GiveName(const std::string& temporary, const std::string& path) {
  if (link(temporary.c_str(), path.c_str()) == 0) return true;
  if (!CannotDoThat(errno)) return false;
  if (renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) {
    return true;
  }
  if (!CannotDoThat(errno)) return false;
  const Descriptor taken(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!taken.ok()) return false;
  if (rename(temporary.c_str(), path.c_str()) == 0) return true;
  const int why = errno;
  unlink(path.c_str());
  errno = why;
  return false;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  return ReadWhole(path, Users::kAny, max_bytes);
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path, size_t max_bytes) {
  return ReadWhole(path, Users::kOwner, max_bytes);
}

absl::Status ReadPieces(const std::string& path,
                        const std::function<bool(absl::string_view)>& take) {
  bool enough = false;
  const absl::Status read = ReadPieces(path, Users::kAny, [&](absl::string_view piece) {
    enough = !take(piece);
    return enough ? absl::CancelledError() : absl::OkStatus();
  });
  return enough ? absl::OkStatus() : read;
}

absl::StatusOr<Hash> HashFile(const std::string& path) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  Hash hash;
  bool good = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  const absl::Status read = ReadPieces(path, Users::kAny, [&](absl::string_view piece) {
    good = good && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  if (!good || EVP_DigestFinal_ex(context.get(), hash.bytes.data(), nullptr) != 1) {
    return absl::InternalError(absl::StrCat("OpenSSL could not hash ", path));
  }
  return hash;
}

absl::StatusOr<size_t> FileSize(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return SystemError("open", path);
  if (!S_ISREG(status.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is no regular file"));
  }
  return status.st_size;
}

absl::Status CreateFile(const std::string& path, absl::string_view bytes, mode_t mode) {
  std::string temporary;
  {
    Descriptor file(CreateBeside(path, mode, temporary));
    if (!file.ok()) return SystemError("create", path);
    if (absl::Status written = WriteAndSync(file.get(), bytes, path); !written.ok()) {
      unlink(temporary.c_str());
      return written;
    }
  }
  absl::Status named;
  if (!GiveName(temporary, path)) {
    named = errno == EEXIST
                ? absl::AlreadyExistsError(absl::StrCat(path, " exists and is not overwritten"))
                : SystemError("write", path);
  }
  // Whoever dies before this leaves a second name, which harms nobody. A rename has left none.
  unlink(temporary.c_str());
  return named.ok() ? SyncDirectoryOf(path) : named;
}

absl::Status TryDirectory(const std::string& directory) {
  // As much as evidence with the receipts of a few systems.
  const std::string bytes(size_t{16} << 10, '\n');
  absl::Status tried;
  std::string path;
  do {
    path = TemporaryBeside((std::filesystem::path(directory) / "x").string()) + "-try";
    tried = CreateFile(path, bytes, 0600);
  } while (absl::IsAlreadyExists(tried));
  if (tried.ok() && unlink(path.c_str()) != 0) tried = SystemError("remove", path);
  return tried;
}

absl::Status ReplaceFile(const std::string& path, absl::string_view bytes) {
  std::error_code failed;
  // What stands beside a link is not what it leads to.
  const std::string real = std::filesystem::canonical(path, failed).string();
  struct stat old;
  if (failed || stat(real.c_str(), &old) != 0) {
    if (failed) errno = failed.value();
    return SystemError("open", path);
  }
  if (!S_ISREG(old.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is no regular file"));
  }
  std::string temporary;
  absl::Status done;
  {
    // Nobody else's to read before it has the mode of what it replaces.
    Descriptor file(CreateBeside(real, 0600, temporary));
    if (!file.ok()) return SystemError("create a file beside", path);
    struct stat created;
    const bool same_owner = fstat(file.get(), &created) == 0 && created.st_uid == old.st_uid &&
                            created.st_gid == old.st_gid;
    // In this order: a change of owner takes bits of the mode away.
    if (!same_owner && fchown(file.get(), old.st_uid, old.st_gid) != 0) {
      done = SystemError("keep the owner of", path);
    } else if (fchmod(file.get(), old.st_mode & 07777) != 0) {
      done = SystemError("keep the mode of", path);
    } else {
      done = WriteAndSync(file.get(), bytes, path);
    }
  }
  // Only what is wholly on disk takes the name.
  if (done.ok() && rename(temporary.c_str(), real.c_str()) != 0) done = SystemError("write", path);
  if (!done.ok()) {
    unlink(temporary.c_str());
    return done;
  }
  return SyncDirectoryOf(real);
}

absl::Status MakeDirectories(std::string path, mode_t mode) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const std::string parent = std::filesystem::path(path).parent_path().string();
  int made = mkdir(path.c_str(), mode);
  if (made != 0 && errno == ENOENT && !parent.empty()) {
    if (absl::Status above = MakeDirectories(parent, mode); !above.ok()) return above;
    made = mkdir(path.c_str(), mode);
  }
  if (made == 0) return SyncDirectoryOf(path);
  const absl::Status failed = SystemError("create directory", path);
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored) ? absl::OkStatus() : failed;
}

}  // namespace cairn::cli
