// The clocks that anchoring reads and waits by. Comes in by constructor, so that tests own time.
//
// Threads: called from any thread.

#ifndef CAIRN_ANCHOR_CLOCK_H_
#define CAIRN_ANCHOR_CLOCK_H_

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace cairn::anchor {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since the Unix epoch. May jump either way.
  virtual uint64_t WallMs() const = 0;
  // Milliseconds since some fixed moment of this process. Never decreases, never jumps.
  virtual uint64_t SteadyMs() const = 0;
  // Waits until `changed` is notified or SteadyMs() is `until_ms`; may return before either.
  virtual void WaitUntil(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                         uint64_t until_ms) const = 0;
};

class SystemClock final : public Clock {
 public:
  uint64_t WallMs() const override;
  uint64_t SteadyMs() const override;
  void WaitUntil(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                 uint64_t until_ms) const override;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_CLOCK_H_
