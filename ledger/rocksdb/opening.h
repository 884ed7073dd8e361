// What every opening of a log's database begins with, whether it is to be written or read.

#ifndef CAIRN_LEDGER_ROCKSDB_OPENING_H_
#define CAIRN_LEDGER_ROCKSDB_OPENING_H_

#include <rocksdb/db.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/store.h"

namespace cairn::ledger {

// By the names of its column families alone, which changes nothing: another program's database, or
// one of a later cairn with more families, stays as it is. kFailedPrecondition.
absl::Status CheckFamilies(const rocksdb::DBOptions& options, const std::string& database_path);

// A status of opening a database where the directory says that there is one: one that lacks its own
// files is damaged.
absl::Status FromOpening(const rocksdb::Status& status, const std::string& database_path);

// The format first, on which the meaning of everything else hangs: kFailedPrecondition for another
// than this build's, naming `path`.
absl::StatusOr<LogIdentity> ReadIdentity(rocksdb::DB& database, const std::string& path);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ROCKSDB_OPENING_H_
