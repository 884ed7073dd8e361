// A clock that goes when it is told to.

#ifndef CAIRN_ANCHOR_TESTING_MANUAL_CLOCK_H_
#define CAIRN_ANCHOR_TESTING_MANUAL_CLOCK_H_

#include <atomic>
#include <chrono>
#include <cstdint>

#include "anchor/clock.h"

namespace cairn::anchor {

class ManualClock final : public Clock {
 public:
  void Advance(uint64_t ms) {
    wall_ += ms;
    steady_ += ms;
  }
  void SetWall(uint64_t ms) { wall_ = ms; }

  uint64_t WallMs() const override { return wall_; }
  uint64_t SteadyMs() const override { return steady_; }
  // Looks again soon: who advances the clock does not know who waits.
  void WaitUntil(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                 uint64_t until_ms) const override {
    if (steady_ < until_ms) changed.wait_for(lock, std::chrono::milliseconds(1));
  }

 private:
  std::atomic<uint64_t> wall_{1'800'000'000'000};
  std::atomic<uint64_t> steady_{1'000};
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_TESTING_MANUAL_CLOCK_H_
