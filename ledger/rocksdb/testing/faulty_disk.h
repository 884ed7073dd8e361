// A file system that fails at one step of what is done to it, and keeps the steps it saw.
//
// A step is a kind of change and a kind of file, such as "append WAL" or "sync directory db": how
// the code above comes to it does not matter. Underneath lies a SimulatedDisk, which knows what a
// power failure leaves. Reading never fails here.
// Threads: any, as RocksDB uses a file system.

#ifndef CAIRN_LEDGER_ROCKSDB_TESTING_FAULTY_DISK_H_
#define CAIRN_LEDGER_ROCKSDB_TESTING_FAULTY_DISK_H_

#include <rocksdb/file_system.h>

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "ledger/rocksdb/testing/simulated_disk.h"

namespace cairn::ledger::testing {

enum class Change { kCreate, kAppend, kSync, kClose, kLink, kRename, kRemove };

struct Step {
  Change change;
  // WAL, table, staged table, MANIFEST, CURRENT, signed ...; of a directory its name and a slash.
  std::string file;

  std::string Name() const;
  friend auto operator<=>(const Step&, const Step&) = default;
};

enum class Fault {
  kError,            // Not done, and an error; later changes succeed.
  kErrorThoughDone,  // Done, and an error; later changes succeed.
  kEndBefore,        // Not done, nor anything after it: the process or the machine ends here.
  kEndAfter,         // The last that is done.
  kDiskFull,         // Half of an append is done; from here on nothing can grow.
  kReadOnly,         // Not done, nor anything after it: the file system was remounted.
};

class FaultyDisk final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyDisk(std::shared_ptr<SimulatedDisk> disk);

  // Forgets the steps so far; from here on they are counted.
  void Observe();
  // Steps since Observe(), and how often each was taken.
  std::map<Step, uint64_t> steps() const;

  // The fault comes at this occurrence (from 1, counted from here) of the step.
  void Arm(const Step& step, uint64_t occurrence, Fault fault);
  bool fired() const;
  // Space is freed, the file system is writable, the machine is up again.
  void Repair();

  // rocksdb::FileSystem.
  const char* Name() const override { return "FaultyDisk"; }
  using Io = rocksdb::IOOptions;
  using Debug = rocksdb::IODebugContext;
  using Status = rocksdb::IOStatus;
  using FileOptions = rocksdb::FileOptions;
  Status NewWritableFile(const std::string& path, const FileOptions& options,
                         std::unique_ptr<rocksdb::FSWritableFile>* out, Debug* debug) override;
  Status ReopenWritableFile(const std::string& path, const FileOptions& options,
                            std::unique_ptr<rocksdb::FSWritableFile>* out, Debug* debug) override;
  Status NewRandomRWFile(const std::string& path, const FileOptions& options,
                         std::unique_ptr<rocksdb::FSRandomRWFile>* out, Debug* debug) override;
  Status NewDirectory(const std::string& path, const Io& io,
                      std::unique_ptr<rocksdb::FSDirectory>* out, Debug* debug) override;
  Status DeleteFile(const std::string& path, const Io& io, Debug* debug) override;
  Status CreateDir(const std::string& path, const Io& io, Debug* debug) override;
  Status CreateDirIfMissing(const std::string& path, const Io& io, Debug* debug) override;
  Status DeleteDir(const std::string& path, const Io& io, Debug* debug) override;
  Status RenameFile(const std::string& from, const std::string& to, const Io& io,
                    Debug* debug) override;
  Status LinkFile(const std::string& from, const std::string& to, const Io& io,
                  Debug* debug) override;
  Status LockFile(const std::string& path, const Io& io, rocksdb::FileLock** out,
                  Debug* debug) override;

  // What becomes of a change that comes now; nullopt: nothing is in its way.
  std::optional<Fault> Meet(const Step& step);

 private:
  mutable std::mutex mutex_;
  std::map<Step, uint64_t> steps_;
  std::optional<Step> armed_;
  uint64_t left_ = 0;  // Occurrences until the armed fault.
  Fault fault_ = Fault::kError;
  bool fired_ = false;
};

}  // namespace cairn::ledger::testing

#endif  // CAIRN_LEDGER_ROCKSDB_TESTING_FAULTY_DISK_H_
