// The newest tree state that was about to be signed, kept beside the database.
//
// It is there because a WAL cannot tell its own damaged end from an interrupted write: after a flip
// in the length of its last record the database opens one commit shorter and reports nothing.
// Who has acknowledged that commit finds out here.
//
// Shape (persistent: never renumber): two slots, at 0 and 4096, so that no sector holds both. A
//   slot is "cairnsig", sequence u64, size u64, root [32], last time u64, and SHA-256 of all that;
//   integers big-endian. Records alternate between the slots; the valid one of the higher sequence
//   counts. Sequence 0, written at creation, means that nothing was signed yet.
// Durability: Record() does not sync. The record survives the process as soon as Record() returns;
//   after a power failure the file may hold an older record, which is still a lower bound. One
//   damaged slot leaves such a bound too, two are kDataLoss.
// Threads: Record() on one thread, last() on any.

#ifndef CAIRN_LEDGER_ROCKSDB_SIGNED_FILE_H_
#define CAIRN_LEDGER_ROCKSDB_SIGNED_FILE_H_

#include <rocksdb/file_system.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/check/source.h"
#include "ledger/store.h"

namespace cairn::ledger {

class SignedFile {
 public:
  // Writes and syncs the file of a log that has signed nothing, in place of any other. The caller
  // syncs the directory.
  static absl::Status Create(rocksdb::FileSystem& file_system, const std::string& path);

  // What both slots say, without writing anything. A slot that was never used, or that a power
  // failure left unwritten, is all zeros; any other that is not valid is damage. kDataLoss when the
  // file is missing or has no valid slot.
  static absl::StatusOr<SignedRecord> Read(rocksdb::FileSystem& file_system,
                                           const std::string& path);

  // kDataLoss when the file is missing or has no valid slot.
  static absl::StatusOr<std::unique_ptr<SignedFile>> Open(rocksdb::FileSystem& file_system,
                                                          const std::string& path);
  // Syncs the file.
  ~SignedFile();
  SignedFile(const SignedFile&) = delete;
  SignedFile& operator=(const SignedFile&) = delete;

  absl::Status Record(const TreeState& state);

  // nullopt: nothing was ever recorded.
  std::optional<TreeState> last() const;

 private:
  struct Slot {
    uint64_t sequence = 0;
    TreeState state;
  };

  SignedFile(std::unique_ptr<rocksdb::FSRandomRWFile> file, const Slot& newest)
      : file_(std::move(file)), newest_(newest) {}

  static std::string Format(const Slot& slot);
  static std::optional<Slot> Parse(absl::string_view bytes);

  std::unique_ptr<rocksdb::FSRandomRWFile> file_;
  mutable std::mutex mutex_;
  Slot newest_;  // Guarded by mutex_.
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ROCKSDB_SIGNED_FILE_H_
