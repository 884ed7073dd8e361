// What a test and the library that it loads into the real cairnd (faulty_calls.cc) share: a block
// of memory in a file. The library counts the calls that change files below a directory, and makes
// one of them fail when the test has armed it.

#ifndef CAIRN_TESTS_CRASH_FAULTY_CALLS_H_
#define CAIRN_TESTS_CRASH_FAULTY_CALLS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace cairn::testing {

// In the environment of cairnd: whose files, and the file of the block.
inline constexpr char kFaultyDirectory[] = "CAIRN_FAULTY_DIRECTORY";
inline constexpr char kFaultyControl[] = "CAIRN_FAULTY_CONTROL";

enum FileCall : uint32_t {
  kOpen,  // with O_CREAT
  kWrite,
  kPwrite,
  kFsync,
  kFdatasync,
  kSyncFileRange,
  kFtruncate,
  kFallocate,
  kRename,
  kLink,
  kUnlink,
  kMkdir,
  kRmdir,
  kFileCalls,
};
inline constexpr const char* kCallNames[kFileCalls] = {
    "open",   "write", "pwrite", "fsync", "fdatasync", "sync_file_range", "ftruncate", "fallocate",
    "rename", "link",  "unlink", "mkdir", "rmdir"};

enum FileKind : uint32_t {
  kWal,
  kTable,
  kStagedTable,
  kManifest,
  kCurrent,
  kSigned,
  kDirectory,
  kOtherFile,  // LOCK, OPTIONS, IDENTITY, RocksDB's own log: nothing hangs on them.
  kFileKinds,
};
inline constexpr const char* kKindNames[kFileKinds] = {
    "WAL", "table", "staged table", "MANIFEST", "CURRENT", "signed", "a directory", "another file"};

enum class CallFault : uint32_t {
  kError,            // EIO, and not done.
  kErrorThoughDone,  // EIO, and done.
  kKilledBefore,
  kKilledAfter,
  kDiskFull,  // ENOSPC, half of a write done; from here on for all that grows.
  kReadOnly,  // EROFS; from here on for all.
};

// Begins as zeros. The test writes the plain members before it sets `armed`.
struct CallControl {
  std::atomic<uint64_t> counts[kFileCalls][kFileKinds];
  FileCall call;
  FileKind kind;
  CallFault fault;
  // Calls of this kind until the fault, itself included.
  std::atomic<uint64_t> left;
  std::atomic<bool> armed;
  std::atomic<bool> fired;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_CRASH_FAULTY_CALLS_H_
