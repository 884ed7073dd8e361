#include "ledger/submission.h"

#include <utility>
#include <variant>

#include "absl/status/status.h"

namespace cairn::ledger {

absl::StatusOr<Submission> Submission::Make(entry::Body body) {
  // What a later version means by it is not known here.
  if (std::holds_alternative<entry::UnknownEntry>(body)) {
    return absl::InvalidArgumentError("an entry of a kind newer than this program is not appended");
  }
  entry::Entry entry{.accepted_at_ms = 0, .body = std::move(body)};
  absl::StatusOr<std::string> encoded = entry::Encode(entry);
  if (!encoded.ok()) return encoded.status();
  return Submission{.body = std::move(entry.body), .encoded = *std::move(encoded)};
}

}  // namespace cairn::ledger
