// Puts a copy of a log where a cairnd will run it. What may be restored is not decided here: see
// docs/operations.md and tools/cairn/restore.cc.
//
// How: the copy is made as DIR/restoring/log, a whole directory of a log that can be checked as
//   such, and its parts are moved up one by one, the database last. DIR/restoring goes at the end.
//   Directory refuses one that holds it: so whoever dies in between leaves a directory that no
//   cairnd takes.
// What DIR holds already stays as it is and counts instead of the copy's: `signed` and `published`
//   of a directory that has lost its database.
// Errors: kFailedPrecondition for a DIR that holds a log or what is not cairn's, or that a cairnd
//   has open; otherwise those of CopyLog.
// Threads: one.

#ifndef CAIRN_LEDGER_ROCKSDB_RESTORE_H_
#define CAIRN_LEDGER_ROCKSDB_RESTORE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/check/source.h"
#include "ledger/rocksdb/backup.h"
#include "ledger/rocksdb/directory.h"

namespace cairn::ledger {

class Restoration {
 public:
  // Copies `copy`, which nobody writes, to `directory`; makes that, if it is not there.
  static absl::StatusOr<std::unique_ptr<Restoration>> Begin(const std::string& copy,
                                                            const std::string& directory,
                                                            CopyProgress* progress);
  // Unless Finish() was called, removes what was made.
  ~Restoration();
  Restoration(const Restoration&) = delete;
  Restoration& operator=(const Restoration&) = delete;

  // A directory of a log: the copy with what counts instead of its own.
  const std::string& staged() const { return staged_; }

  // `signed` and `published` of another directory count instead of the copy's, where it has them.
  absl::Status TakeRecordsOf(const std::string& other);

  // Moves all to its place, durably.
  absl::Status Finish();

 private:
  explicit Restoration(std::string directory);

  const std::string directory_;
  const std::string restoring_;
  const std::string staged_;
  bool made_directory_ = false;
  bool made_ = false;
};

// The record of what was last signed in a directory. kDataLoss: it is not there, or not readable.
absl::StatusOr<SignedRecord> ReadSignedRecord(const std::string& directory);

// Whether a log is in a directory, which may be absent. Errors as Directory::HasLog.
absl::StatusOr<bool> HoldsLog(const std::string& directory);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ROCKSDB_RESTORE_H_
