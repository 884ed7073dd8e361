// The two clocks the ledger reads. Comes in by constructor, so that tests and the simulation own
// time.

#ifndef CAIRN_LEDGER_CLOCK_H_
#define CAIRN_LEDGER_CLOCK_H_

#include <cstdint>

namespace cairn::ledger {

// Threads: called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since the Unix epoch. May jump either way.
  virtual uint64_t WallMs() const = 0;
  // Milliseconds since some fixed moment of this process. Never decreases, never jumps.
  virtual uint64_t SteadyMs() const = 0;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_CLOCK_H_
