#include "ledger/accept_clock.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cairn::ledger {

absl::StatusOr<uint64_t> AcceptClock::Now(uint64_t last_ms) const {
  // Steady time first: if the thread is held up between the two, the wall clock looks ahead, never
  // behind.
  const int64_t steady_ms = static_cast<int64_t>(clock_->SteadyMs() - start_steady_ms_);
  const uint64_t wall_ms = clock_->WallMs();
  const int64_t lead_ms = static_cast<int64_t>(wall_ms - start_wall_ms_) - steady_ms;
  const uint64_t at_ms = std::max(wall_ms, last_ms);
  bool confirmed = false;
  if (check_ != nullptr) {
    const absl::StatusOr<bool> checked = check_(at_ms);
    if (!checked.ok()) return checked.status();
    confirmed = *checked;
  }
  // A clock that was behind at the start and was set right has run ahead as well.
  if (lead_ms > kMaxLeadMs && !confirmed) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the wall clock ran ahead by ", lead_ms / 1000,
        " s since the log was opened, so no entry is given a time; set the clock right, or restart "
        "the log if it is right now"));
  }
  return at_ms;
}

}  // namespace cairn::ledger
