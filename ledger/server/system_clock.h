// The machine's clocks.

#ifndef CAIRN_LEDGER_SERVER_SYSTEM_CLOCK_H_
#define CAIRN_LEDGER_SERVER_SYSTEM_CLOCK_H_

#include <chrono>
#include <cstdint>

#include "ledger/clock.h"

namespace cairn::server {

class SystemClock final : public ledger::Clock {
 public:
  uint64_t WallMs() const override { return Milliseconds<std::chrono::system_clock>(); }
  uint64_t SteadyMs() const override { return Milliseconds<std::chrono::steady_clock>(); }

 private:
  template <typename Source>
  static uint64_t Milliseconds() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Source::now().time_since_epoch())
        .count();
  }
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_SYSTEM_CLOCK_H_
