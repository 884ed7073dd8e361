// When the next request is due.
//
// Closed loop: whenever there is a place for it. Open loop: at fixed times, whatever the server
// does; who sends late because the server was slow still counts from the time that was meant, or
// the requests that a stall kept from being sent would be missing from the latencies (coordinated
// omission).

#ifndef CAIRN_TOOLS_LOAD_PACE_H_
#define CAIRN_TOOLS_LOAD_PACE_H_

#include <chrono>
#include <cstdint>
#include <optional>

namespace cairn::load {

using Clock = std::chrono::steady_clock;

class Pace {
 public:
  // Closed loop.
  Pace() = default;
  // `per_second` requests from `begin` on, in all of `workers` workers, of which this is number
  // `worker`. Requires: per_second > 0, worker < workers.
  Pace(Clock::time_point begin, double per_second, uint32_t worker, uint32_t workers);

  bool open() const { return per_second_.has_value(); }
  // Closed: the beginning of time.
  Clock::time_point due() const;
  // One request is sent now. The time to count its latency from.
  Clock::time_point Take(Clock::time_point now);
  // Requests that were due before `end` and not taken.
  uint64_t Behind(Clock::time_point end) const;

 private:
  Clock::time_point At(uint64_t number) const;

  std::optional<double> per_second_;
  Clock::time_point begin_;
  uint64_t step_ = 1;
  uint64_t next_ = 0;
};

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_PACE_H_
