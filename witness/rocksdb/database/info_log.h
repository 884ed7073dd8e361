// RocksDB's own log of what it does (LOG beside its tables), written so that it cannot end the
// process.
//
// RocksDB's writer of that file asserts, as Debian builds it, that nothing is written after a write
// that failed; and it goes on writing. So a start on a full or read-only disk aborted before any
// error could be told. Here a line that cannot be written is left out.
// Errors: none. A file that cannot be made is a log without a file.
// Threads: any, as RocksDB uses a file system.

#ifndef CAIRN_WITNESS_ROCKSDB_DATABASE_INFO_LOG_H_
#define CAIRN_WITNESS_ROCKSDB_DATABASE_INFO_LOG_H_

#include <rocksdb/file_system.h>

#include <memory>
#include <string>

namespace cairn::database {

// Another file system with this one change.
class InfoLogKeeper final : public rocksdb::FileSystemWrapper {
 public:
  explicit InfoLogKeeper(const std::shared_ptr<rocksdb::FileSystem>& target)
      : FileSystemWrapper(target) {}

  const char* Name() const override { return "InfoLogKeeper"; }
  rocksdb::IOStatus NewLogger(const std::string& path, const rocksdb::IOOptions& io,
                              std::shared_ptr<rocksdb::Logger>* out,
                              rocksdb::IODebugContext* debug) override;
};

}  // namespace cairn::database

#endif  // CAIRN_WITNESS_ROCKSDB_DATABASE_INFO_LOG_H_
