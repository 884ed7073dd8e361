// RocksDB's statuses as the ledger's. The only place that translates them.

#ifndef CAIRN_LEDGER_ROCKSDB_STATUS_H_
#define CAIRN_LEDGER_ROCKSDB_STATUS_H_

#include <rocksdb/status.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cairn::ledger {

// What RocksDB reports, with `doing` (such as "reading entries") in front of its message:
// kDataLoss for bytes or files that are damaged or missing, kUnavailable when the disk refused
// (also when it is full), kInternal for what should not happen. OK stays OK.
absl::Status FromRocksDb(const rocksdb::Status& status, absl::string_view doing);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ROCKSDB_STATUS_H_
