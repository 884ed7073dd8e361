#include "ledger/server/answer.h"

#include <utility>
#include <vector>

#include "ledger/server/status.h"
#include "merkle/entry/entry.h"
#include "merkle/proof_bytes.h"

namespace cairn::server {

bool IsRecent(const ledger::View& view, LeafIndex index) {
  return view.recent != nullptr && index >= view.recent->first;
}

absl::StatusOr<std::string> EntryOf(ledger::Log& log, const ledger::View& view, LeafIndex index) {
  absl::StatusOr<std::vector<std::string>> entries =
      log.ReadEntries(view, index, LeafIndex(index.value() + 1), entry::kMaxEntryBytes);
  if (!entries.ok()) return entries.status();
  return std::move(entries->front());
}

absl::StatusOr<std::string> ProofOf(ledger::Log& log, const ledger::View& view, LeafIndex index) {
  absl::StatusOr<merkle::Proof> proof = log.InclusionProof(view, index, view.size());
  if (!proof.ok()) return proof.status();
  return merkle::FormatProof(*proof);
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
