#include "ledger/server/answer.h"

#include "ledger/server/status.h"

namespace cairn::server {

bool IsRecent(const ledger::View& view, LeafIndex index) {
  return view.recent != nullptr && index >= view.recent->first;
}

absl::Status ItemError(const ledger::ItemResult& item) {
  if (absl::IsAlreadyExists(item.status) && item.latest.has_value()) {
    return WithIndex(item.status, "STATEMENT_EXISTS", *item.latest);
  }
  if (absl::IsFailedPrecondition(item.status) && item.latest.has_value()) {
    return WithIndex(item.status, "SUPERSEDES_NOT_LATEST", *item.latest);
  }
  return item.status;
}

}  // namespace cairn::server
