// A file system on which no table is removed once it is unclear which tables the database has.
//
// The MANIFEST names the tables. When writing or syncing it fails, what was to be added may be in
// it all the same, and the next start then wants that table. RocksDB knows this for its flushes and
// compactions; a table that it could not ingest it removes at once (seen in 7.8: after an error of
// that sync the database did not open any more). So from such an error on, this process removes no
// table. One that the MANIFEST does not name is removed by the next start.
// Threads: any, as RocksDB uses a file system.

#ifndef CAIRN_LEDGER_ROCKSDB_TABLE_KEEPER_H_
#define CAIRN_LEDGER_ROCKSDB_TABLE_KEEPER_H_

#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <string>

namespace cairn::ledger {

class TableKeeper final : public rocksdb::FileSystemWrapper {
 public:
  explicit TableKeeper(const std::shared_ptr<rocksdb::FileSystem>& target)
      : FileSystemWrapper(target) {}

  const char* Name() const override { return "TableKeeper"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* out,
                                    rocksdb::IODebugContext* debug) override;
  // OK, and does nothing, for a table that is kept.
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& io,
                               rocksdb::IODebugContext* debug) override;

 private:
  std::atomic<bool> keeping_{false};
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ROCKSDB_TABLE_KEEPER_H_
