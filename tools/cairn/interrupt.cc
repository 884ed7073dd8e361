#include "tools/cairn/interrupt.h"

#include <signal.h>

#include <algorithm>
#include <atomic>

#include "absl/time/clock.h"

namespace cairn::cli {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void Remember(int) { interrupted.store(true); }

}  // namespace

void CatchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = Remember;
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool Interrupted() { return interrupted.load(); }

bool WaitUnlessInterrupted(absl::Duration duration) {
  const absl::Time end = absl::Now() + duration;
  // A handler may not wake a waiter, so it is looked at often enough.
  for (absl::Time now = absl::Now(); now < end && !Interrupted(); now = absl::Now()) {
    absl::SleepFor(std::min(end - now, absl::Milliseconds(50)));
  }
  return !Interrupted();
}

}  // namespace cairn::cli
