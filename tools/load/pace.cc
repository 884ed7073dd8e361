#include "tools/load/pace.h"

#include <cmath>

namespace cairn::load {

Pace::Pace(Clock::time_point begin, double per_second, uint32_t worker, uint32_t workers)
    : per_second_(per_second), begin_(begin), step_(workers), next_(worker) {}

Clock::time_point Pace::At(uint64_t number) const {
  // From the beginning each time: a sum of rounded intervals would drift.
  const std::chrono::duration<double> offset(static_cast<double>(number) / *per_second_);
  return begin_ + std::chrono::round<Clock::duration>(offset);
}

Clock::time_point Pace::due() const { return open() ? At(next_) : Clock::time_point::min(); }

Clock::time_point Pace::Take(Clock::time_point now) {
  if (!open()) return now;
  const Clock::time_point meant = At(next_);
  next_ += step_;
  return meant;
}

uint64_t Pace::Behind(Clock::time_point end) const {
  if (!open() || due() >= end) return 0;
  const std::chrono::duration<double> late = end - due();
  return static_cast<uint64_t>(std::ceil(late.count() * *per_second_ / static_cast<double>(step_)));
}

}  // namespace cairn::load
