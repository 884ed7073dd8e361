// The time that entries are given, and the guards on the wall clock it comes from: steady time, and
// what clocks outside say, where there are any.
//
// Threads: const calls from any thread.

#ifndef CAIRN_LEDGER_ACCEPT_CLOCK_H_
#define CAIRN_LEDGER_ACCEPT_CLOCK_H_

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/clock.h"

namespace cairn::ledger {

class AcceptClock {
 public:
  // How far the wall clock may run ahead of steady time.
  static constexpr int64_t kMaxLeadMs = 60'000;

  // What clocks outside say of a time that an entry would be given: true when so many that they are
  // believed call it right, false when there is nobody to say; kFailedPrecondition when they call
  // it wrong. Called from any thread.
  using CheckTime = std::function<absl::StatusOr<bool>(uint64_t at_ms)>;

  // Trusts the wall clock as it is now. Borrows the clock.
  explicit AcceptClock(const Clock* clock, CheckTime check = nullptr)
      : clock_(clock),
        check_(std::move(check)),
        start_wall_ms_(clock->WallMs()),
        start_steady_ms_(clock->SteadyMs()) {}

  // The wall clock's time, or `last_ms` if that is later. kFailedPrecondition when the wall clock
  // ran ahead of steady time by more than kMaxLeadMs since construction and nobody outside calls it
  // right, or when clocks outside call it wrong: a time that is in the log can never be taken back.
  absl::StatusOr<uint64_t> Now(uint64_t last_ms) const;

 private:
  const Clock* const clock_;
  const CheckTime check_;
  const uint64_t start_wall_ms_;
  const uint64_t start_steady_ms_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ACCEPT_CLOCK_H_
