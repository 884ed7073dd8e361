// A disk in memory that loses power.
//
// Keeps, beside what a process sees, what would be found after a power failure: of a file the bytes
// that were synced, of a directory the names that it had when it was last synced. Made to be
// stricter than real file systems: syncing a file does not make its name durable, and a rename or
// a deletion is undone unless the directory was synced after it.
// Threads: any, as RocksDB uses a file system.

#ifndef CAIRN_LEDGER_ROCKSDB_TESTING_SIMULATED_DISK_H_
#define CAIRN_LEDGER_ROCKSDB_TESTING_SIMULATED_DISK_H_

#include <rocksdb/file_system.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace cairn::ledger::testing {

class SimulatedDisk final : public rocksdb::FileSystem {
 public:
  SimulatedDisk();
  ~SimulatedDisk() override;

  // Power fails at the n-th change of the disk from now (every write, sync, rename ... is one):
  // that and every later change fails and does nothing.
  void CutPowerAfter(uint64_t changes);
  bool power_is_off() const;
  // Changes since the last start.
  uint64_t changes() const;

  // What the machine finds when it starts again; power is on. Of each file's unsynced tail a random
  // part may have reached the disk, when `torn` says so. Requires that no file is open.
  void Restart(bool torn, std::mt19937_64& random);
  // The same where only the process died: all that it wrote is there, and what was not synced is
  // still to be lost. Requires that no file is open.
  void RestartProcess();

  // rocksdb::FileSystem.
  const char* Name() const override { return "SimulatedDisk"; }
  using Io = rocksdb::IOOptions;
  using Debug = rocksdb::IODebugContext;
  using Status = rocksdb::IOStatus;
  using FileOptions = rocksdb::FileOptions;
  Status NewSequentialFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSSequentialFile>* out, Debug*) override;
  Status NewRandomAccessFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSRandomAccessFile>* out, Debug*) override;
  Status NewWritableFile(const std::string& path, const FileOptions&,
                         std::unique_ptr<rocksdb::FSWritableFile>* out, Debug*) override;
  Status ReopenWritableFile(const std::string& path, const FileOptions&,
                            std::unique_ptr<rocksdb::FSWritableFile>* out, Debug*) override;
  Status NewRandomRWFile(const std::string& path, const FileOptions&,
                         std::unique_ptr<rocksdb::FSRandomRWFile>* out, Debug*) override;
  Status NewDirectory(const std::string& path, const Io&,
                      std::unique_ptr<rocksdb::FSDirectory>* out, Debug*) override;
  Status FileExists(const std::string& path, const Io&, Debug*) override;
  Status GetChildren(const std::string& path, const Io&, std::vector<std::string>* out,
                     Debug*) override;
  Status DeleteFile(const std::string& path, const Io&, Debug*) override;
  Status Truncate(const std::string& path, size_t size, const Io&, Debug*) override;
  Status CreateDir(const std::string& path, const Io&, Debug*) override;
  Status CreateDirIfMissing(const std::string& path, const Io&, Debug*) override;
  Status DeleteDir(const std::string& path, const Io&, Debug*) override;
  Status GetFileSize(const std::string& path, const Io&, uint64_t* out, Debug*) override;
  Status GetFileModificationTime(const std::string& path, const Io&, uint64_t* out,
                                 Debug*) override;
  Status RenameFile(const std::string& from, const std::string& to, const Io&, Debug*) override;
  Status LinkFile(const std::string& from, const std::string& to, const Io&, Debug*) override;
  Status LockFile(const std::string& path, const Io&, rocksdb::FileLock** out, Debug*) override;
  Status UnlockFile(rocksdb::FileLock* lock, const Io&, Debug*) override;
  Status GetTestDirectory(const Io&, std::string* out, Debug*) override;
  Status NewLogger(const std::string& path, const Io&, std::shared_ptr<rocksdb::Logger>* out,
                   Debug*) override;
  Status GetAbsolutePath(const std::string& path, const Io&, std::string* out, Debug*) override;
  Status IsDirectory(const std::string& path, const Io&, bool* out, Debug*) override;
  Status GetFreeSpace(const std::string& path, const Io&, uint64_t* out, Debug*) override;

  struct Node;

  // What the files of this disk call. `Read` copies; `Write` is also an append.
  size_t Read(const Node& node, uint64_t offset, size_t size, char* out) const;
  uint64_t SizeOf(const Node& node) const;
  Status Write(Node& node, uint64_t offset, const rocksdb::Slice& data);
  Status Cut(Node& node, uint64_t size);
  Status Sync(Node& node);

 private:
  using NodePtr = std::shared_ptr<Node>;

  // All of these require mutex_.
  // Counts a change; an error once the power is off.
  Status Change();
  NodePtr Find(const std::string& path) const;
  // The directory that holds a path's last part, which goes to `name`; null when it is missing.
  NodePtr Parent(const std::string& path, std::string* name) const;
  Status Open(const std::string& path, NodePtr* out) const;
  Status Make(const std::string& path, bool directory);
  static void WriteNow(Node& node, uint64_t offset, const rocksdb::Slice& data);
  static void Settle(Node& node, bool torn, std::mt19937_64& random);

  mutable std::mutex mutex_;
  NodePtr root_;
  std::set<std::string> locked_;
  uint64_t changes_ = 0;
  uint64_t cut_at_ = UINT64_MAX;
};

}  // namespace cairn::ledger::testing

#endif  // CAIRN_LEDGER_ROCKSDB_TESTING_SIMULATED_DISK_H_
