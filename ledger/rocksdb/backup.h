// A copy of a log's directory, taken while its cairnd runs, or does not.
//
// How: RocksDB's tables never change, its WALs and its manifest only grow. What the manifest says
// at
//   one moment, with the tables and WALs of that moment, and whatever the WALs hold beyond it, is a
//   state from which a start recovers: the log as it was after some commit. All files are held open
//   first, so that none that is deleted meanwhile is lost; the manifest is taken between two looks
//   at the directory, and taken again where it has grown between them.
// The copy holds every entry that was acknowledged before the call. What leans on the tree is taken
//   before it, so that nothing in the copy speaks of more than its tree has: the anchors' database
//   first, whose rounds were published; then the newest published checkpoint; then the record of
//   what was last signed; the tree itself last.
// All of it is its owner's alone, whatever the umask.
// Errors: kNotFound where there is no log; kFailedPrecondition for a directory that is not cairn's,
//   or a target that is there; kUnavailable when a file cannot be read or written;
//   kResourceExhausted when the database has more files than the process may hold open.
// Cost: a descriptor a file, and the space of what is deleted meanwhile, until it returns.

#ifndef CAIRN_LEDGER_ROCKSDB_BACKUP_H_
#define CAIRN_LEDGER_ROCKSDB_BACKUP_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace cairn::ledger {

struct CopyProgress {
  std::atomic<uint64_t> bytes = 0;
  std::atomic<uint64_t> all_bytes = 0;
};

// Makes the directory `to`, whose parent exists, a copy of the log in `from`. All of it is on disk
// when this returns OK, but for the name `to` itself; after an error what is there is not whole.
// `between`, for tests, is called before and after each reading of the manifest.
absl::Status CopyLog(const std::string& from, const std::string& to, CopyProgress* progress,
                     const std::function<void()>& between = nullptr);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ROCKSDB_BACKUP_H_
