// The time that entries are given, and the guard on the wall clock it comes from.
//
// Threads: const calls from any thread.

#ifndef CAIRN_LEDGER_ACCEPT_CLOCK_H_
#define CAIRN_LEDGER_ACCEPT_CLOCK_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "ledger/clock.h"

namespace cairn::ledger {

class AcceptClock {
 public:
  // How far the wall clock may run ahead of steady time.
  static constexpr int64_t kMaxLeadMs = 60'000;

  // Trusts the wall clock as it is now. Borrows the clock.
  explicit AcceptClock(const Clock* clock)
      : clock_(clock), start_wall_ms_(clock->WallMs()), start_steady_ms_(clock->SteadyMs()) {}

  // The wall clock's time, or `last_ms` if that is later. kFailedPrecondition when the wall clock
  // ran ahead of steady time by more than kMaxLeadMs since construction: a time that is in the log
  // can never be taken back.
  absl::StatusOr<uint64_t> Now(uint64_t last_ms) const;

 private:
  const Clock* const clock_;
  const uint64_t start_wall_ms_;
  const uint64_t start_steady_ms_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ACCEPT_CLOCK_H_
