// A small database in RocksDB, as a witness and the anchors keep one: nothing is acknowledged
// before it is synced, and damage is an error, never skipped.
//
// Errors: kNotFound for a database that is not there and may not be made; kDataLoss for damage,
// lost files among it; kUnavailable for what the disk did; kInternal for the rest.

#ifndef CAIRN_WITNESS_ROCKSDB_DATABASE_DATABASE_H_
#define CAIRN_WITNESS_ROCKSDB_DATABASE_DATABASE_H_

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::database {

inline rocksdb::Slice ToSlice(absl::string_view text) { return {text.data(), text.size()}; }
inline absl::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

absl::Status FromRocksDb(const rocksdb::Status& status, absl::string_view doing);

// Whether there is one, whole from its making on, in the subdirectory `db` of `path`.
bool Exists(const std::string& path);

// Likewise of that subdirectory, and nothing in it is changed. Nobody else may have it open.
absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenToRead(const std::string& path,
                                                        absl::string_view whose);

// Of the subdirectory `db` of `path`. `whose` for people: "the witness's".
absl::StatusOr<std::unique_ptr<rocksdb::DB>> Open(const std::string& path, bool create,
                                                  absl::string_view whose);

// Puts that become durable together. The first error of any of them is that of WriteTo.
class Batch {
 public:
  void Put(absl::string_view key, absl::string_view value);
  rocksdb::Status WriteTo(rocksdb::DB& db);

 private:
  rocksdb::WriteBatch batch_;
  rocksdb::Status status_;
};

}  // namespace cairn::database

#endif  // CAIRN_WITNESS_ROCKSDB_DATABASE_DATABASE_H_
