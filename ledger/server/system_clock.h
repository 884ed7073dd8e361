// The machine's clocks.

#ifndef CAIRN_LEDGER_SERVER_SYSTEM_CLOCK_H_
#define CAIRN_LEDGER_SERVER_SYSTEM_CLOCK_H_

#include <time.h>

#include <cstdint>

#include "ledger/clock.h"

namespace cairn::server {

class SystemClock final : public ledger::Clock {
 public:
  uint64_t WallMs() const override { return Milliseconds(CLOCK_REALTIME); }
  // Not CLOCK_MONOTONIC, which stands still while the machine is suspended: the wall clock would
  // seem to have run ahead.
  uint64_t SteadyMs() const override { return Milliseconds(CLOCK_BOOTTIME); }

 private:
  static uint64_t Milliseconds(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return uint64_t(now.tv_sec) * 1000 + uint64_t(now.tv_nsec) / 1'000'000;
  }
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_SYSTEM_CLOCK_H_
