#include "ledger/submission.h"

#include <utility>

namespace cairn::ledger {

absl::StatusOr<Submission> Submission::Make(entry::Body body) {
  entry::Entry entry{.accepted_at_ms = 0, .body = std::move(body)};
  absl::StatusOr<std::string> encoded = entry::Encode(entry);
  if (!encoded.ok()) return encoded.status();
  return Submission{.body = std::move(entry.body), .encoded = *std::move(encoded)};
}

}  // namespace cairn::ledger
