// Calls that fail when told, for a process that loads this before the C library: see
// faulty_calls.h. Calls on other files than those of the directory go through untouched.

#include "tests/crash/faulty_calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdarg>
#include <cstdio>
#include <optional>
#include <string_view>

namespace {

using cairn::testing::CallControl;
using cairn::testing::CallFault;
using cairn::testing::FileCall;
using cairn::testing::FileKind;

CallControl* control = nullptr;
std::string_view directory;

template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

__attribute__((constructor)) void Begin() {
  const char* file = getenv(cairn::testing::kFaultyControl);
  const char* path = getenv(cairn::testing::kFaultyDirectory);
  if (file == nullptr || path == nullptr) return;
  static const auto real_open = Real<int(const char*, int, ...)>("open");
  const int fd = real_open(file, O_RDWR | O_CLOEXEC);
  void* block = mmap(nullptr, sizeof(CallControl), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd < 0 || block == MAP_FAILED) abort();
  close(fd);
  directory = path;
  control = static_cast<CallControl*>(block);
}

// Nothing for a file that is not below the directory.
std::optional<FileKind> KindOf(std::string_view path) {
  if (control == nullptr || !path.starts_with(directory)) return std::nullopt;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".log")) return FileKind::kWal;
  if (name.ends_with(".sst")) {
    return path.find("/staging/") != path.npos ? FileKind::kStagedTable : FileKind::kTable;
  }
  if (name.starts_with("MANIFEST")) return FileKind::kManifest;
  if (name.starts_with("OPTIONS")) return FileKind::kOtherFile;
  // Under which CURRENT is written.
  if (name.ends_with(".dbtmp") || name == "CURRENT") return FileKind::kCurrent;
  if (name == "signed") return FileKind::kSigned;
  if (name == "db" || name == "db.creating" || name == "staging") return FileKind::kDirectory;
  return FileKind::kOtherFile;
}

std::optional<FileKind> KindOfFd(int fd) {
  if (control == nullptr) return std::nullopt;
  char link[] = "/proc/self/fd/0123456789";
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  char path[PATH_MAX];
  const ssize_t size = readlink(link, path, sizeof(path));
  if (size <= 0) return std::nullopt;
  const std::optional<FileKind> kind = KindOf({path, static_cast<size_t>(size)});
  struct stat info;
  if (kind && fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) return FileKind::kDirectory;
  return kind;
}

bool Grows(FileCall call) {
  return call == cairn::testing::kOpen || call == cairn::testing::kWrite ||
         call == cairn::testing::kPwrite || call == cairn::testing::kFallocate ||
         call == cairn::testing::kRename || call == cairn::testing::kLink ||
         call == cairn::testing::kMkdir;
}

// What stands in the way of a call that comes now, if anything. `first`: it is the one.
std::optional<CallFault> Meet(FileCall call, FileKind kind, bool* first) {
  *first = false;
  ++control->counts[call][kind];
  if (!control->armed) return std::nullopt;
  if (control->fired) {
    const bool lasts = control->fault == CallFault::kReadOnly ||
                       (control->fault == CallFault::kDiskFull && Grows(call));
    return lasts ? std::optional(control->fault) : std::nullopt;
  }
  if (call != control->call || kind != control->kind || --control->left != 0) return std::nullopt;
  control->fired = true;
  *first = true;
  return control->fault;
}

template <typename Result>
Result Fail(int error) {
  errno = error;
  return -1;
}

// `half` is what a full disk still does of the call; 0 for nothing.
template <typename Do, typename Half>
auto Try(FileCall call, std::optional<FileKind> kind, Do&& act, Half&& half) -> decltype(act()) {
  using Result = decltype(act());
  if (!kind) return act();
  bool first = false;
  const std::optional<CallFault> fault = Meet(call, *kind, &first);
  if (!fault) return act();
  switch (*fault) {
    case CallFault::kError:
      return Fail<Result>(EIO);
    case CallFault::kErrorThoughDone:
      act();
      return Fail<Result>(EIO);
    case CallFault::kKilledAfter:
      act();
      [[fallthrough]];
    case CallFault::kKilledBefore:
      kill(getpid(), SIGKILL);
      while (true) pause();
    case CallFault::kDiskFull:
      if (const Result done = first ? half() : 0; done > 0) return done;
      return Fail<Result>(ENOSPC);
    case CallFault::kReadOnly:
      return Fail<Result>(EROFS);
  }
  abort();
}

template <typename Do>
auto Try(FileCall call, std::optional<FileKind> kind, Do&& act) -> decltype(act()) {
  return Try(call, kind, act, [] { return 0; });
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  static const auto real = Real<int(const char*, int, ...)>("open");
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  if ((flags & O_CREAT) == 0) return real(path, flags, mode);
  std::optional<FileKind> kind = KindOf(path);
  // A WAL that was replayed: to give back what was allocated ahead, which need not succeed.
  if (kind && (flags & O_APPEND) != 0) kind = FileKind::kOtherFile;
  return Try(cairn::testing::kOpen, kind, [&] { return real(path, flags, mode); });
}

ssize_t write(int fd, const void* data, size_t size) {
  static const auto real = Real<ssize_t(int, const void*, size_t)>("write");
  return Try(
      cairn::testing::kWrite, KindOfFd(fd), [&] { return real(fd, data, size); },
      [&] { return real(fd, data, size / 2); });
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static const auto real = Real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return Try(
      cairn::testing::kPwrite, KindOfFd(fd), [&] { return real(fd, data, size, at); },
      [&] { return real(fd, data, size / 2, at); });
}

int fsync(int fd) {
  static const auto real = Real<int(int)>("fsync");
  return Try(cairn::testing::kFsync, KindOfFd(fd), [&] { return real(fd); });
}

int fdatasync(int fd) {
  static const auto real = Real<int(int)>("fdatasync");
  return Try(cairn::testing::kFdatasync, KindOfFd(fd), [&] { return real(fd); });
}

int sync_file_range(int fd, off_t at, off_t size, unsigned flags) {
  static const auto real = Real<int(int, off_t, off_t, unsigned)>("sync_file_range");
  return Try(cairn::testing::kSyncFileRange, KindOfFd(fd),
             [&] { return real(fd, at, size, flags); });
}

int ftruncate(int fd, off_t size) {
  static const auto real = Real<int(int, off_t)>("ftruncate");
  return Try(cairn::testing::kFtruncate, KindOfFd(fd), [&] { return real(fd, size); });
}

int fallocate(int fd, int mode, off_t at, off_t size) {
  static const auto real = Real<int(int, int, off_t, off_t)>("fallocate");
  return Try(cairn::testing::kFallocate, KindOfFd(fd), [&] { return real(fd, mode, at, size); });
}

int rename(const char* from, const char* to) {
  static const auto real = Real<int(const char*, const char*)>("rename");
  return Try(cairn::testing::kRename, KindOf(from), [&] { return real(from, to); });
}

int link(const char* from, const char* to) {
  static const auto real = Real<int(const char*, const char*)>("link");
  return Try(cairn::testing::kLink, KindOf(from), [&] { return real(from, to); });
}

int unlink(const char* path) {
  static const auto real = Real<int(const char*)>("unlink");
  return Try(cairn::testing::kUnlink, KindOf(path), [&] { return real(path); });
}

int mkdir(const char* path, mode_t mode) {
  static const auto real = Real<int(const char*, mode_t)>("mkdir");
  const std::optional<FileKind> kind = KindOf(path);
  return Try(cairn::testing::kMkdir, kind ? std::optional(FileKind::kDirectory) : kind,
             [&] { return real(path, mode); });
}

int rmdir(const char* path) {
  static const auto real = Real<int(const char*)>("rmdir");
  const std::optional<FileKind> kind = KindOf(path);
  return Try(cairn::testing::kRmdir, kind ? std::optional(FileKind::kDirectory) : kind,
             [&] { return real(path); });
}

}  // extern "C"
