// The day that a daily quota is counted on: a wall clock that is set gives no second quota.
//
// Shape: days since 1970, UTC. A later day than the one that is counted on begins a new count. An
//   earlier one does not: it is taken up, with a new count, only once 24 hours of steady time have
//   passed since the count began, or since this was made. So a clock that was a year ahead and was
//   set right costs a day at the most, and one that is set back and forth gives nothing.
// Threads: a value.

#ifndef CAIRN_ANCHOR_QUOTA_DAY_H_
#define CAIRN_ANCHOR_QUOTA_DAY_H_

#include <cstdint>

namespace cairn::anchor {

class QuotaDay {
 public:
  static constexpr uint64_t kDayMs = uint64_t{24} * 3'600'000;

  // Goes on with a count that may have begun earlier.
  QuotaDay(uint64_t day, uint64_t steady_ms) : day_(day), since_ms_(steady_ms) {}

  // Whether a new count begins now.
  bool Advance(uint64_t wall_ms, uint64_t steady_ms) {
    const uint64_t today = wall_ms / kDayMs;
    if (today == day_ || (today < day_ && steady_ms - since_ms_ < kDayMs)) return false;
    day_ = today;
    since_ms_ = steady_ms;
    return true;
  }

  uint64_t day() const { return day_; }

 private:
  uint64_t day_;
  uint64_t since_ms_;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_QUOTA_DAY_H_
