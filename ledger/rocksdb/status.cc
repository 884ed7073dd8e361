#include "ledger/rocksdb/status.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace cairn::ledger {

absl::Status FromRocksDb(const rocksdb::Status& status, absl::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat(doing, ": ", status.ToString());
  // A file that RocksDB's own records name and that is not there was lost, like a damaged one.
  if (status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound()) {
    return absl::DataLossError(
        absl::StrCat(message, "; the log's files are damaged: restore them from a backup"));
  }
  if (status.IsNoSpace()) {
    return absl::UnavailableError(
        absl::StrCat("the log's disk is full: ", message, "; free some space, then start again"));
  }
  if (status.IsIOError() || status.IsBusy() || status.IsTimedOut() || status.IsTryAgain() ||
      status.IsIncomplete() || status.IsShutdownInProgress()) {
    return absl::UnavailableError(message);
  }
  return absl::InternalError(message);
}

}  // namespace cairn::ledger
