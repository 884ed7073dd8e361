#include "anchor/clock.h"

#include <algorithm>
#include <chrono>

namespace cairn::anchor {
namespace {

// A wait is cut here, so that a far future does not overflow what the system counts in.
constexpr uint64_t kLongestWaitMs = 3'600'000;

template <typename C>
uint64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(C::now().time_since_epoch()).count();
}

}  // namespace

uint64_t SystemClock::WallMs() const { return NowMs<std::chrono::system_clock>(); }

uint64_t SystemClock::SteadyMs() const { return NowMs<std::chrono::steady_clock>(); }

void SystemClock::WaitUntil(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                            uint64_t until_ms) const {
  const uint64_t now = SteadyMs();
  if (until_ms <= now) return;
  changed.wait_for(lock, std::chrono::milliseconds(std::min(until_ms - now, kLongestWaitMs)));
}

}  // namespace cairn::anchor
