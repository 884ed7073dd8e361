#include "tools/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace cairn::load {
namespace {

constexpr int kLogSteps = 7;
constexpr uint64_t kSteps = uint64_t{1} << kLogSteps;
// Of values below 2 * kSteps there is one each; then kSteps for every power of two up to 2^63.
constexpr size_t kBuckets = (64 - kLogSteps) * kSteps;

size_t BucketOf(uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kLogSteps - 1);
  return static_cast<size_t>(shift) * kSteps + (value >> shift);
}

// The largest value in a bucket.
uint64_t UpperEnd(size_t bucket) {
  const uint64_t shift = bucket < 2 * kSteps ? 0 : bucket / kSteps - 1;
  return ((bucket - shift * kSteps + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : buckets_(kBuckets) {}

void Histogram::Record(Duration value, uint64_t times) {
  const int64_t nanos = std::max<int64_t>(0, value.count());
  buckets_[BucketOf(static_cast<uint64_t>(nanos))] += times;
  count_ += times;
  if (times > 0) max_ = std::max(max_, nanos);
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

Histogram::Duration Histogram::Quantile(double quantile) const {
  if (count_ == 0) return Duration(0);
  const double share = std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_);
  const uint64_t rank = std::clamp<uint64_t>(static_cast<uint64_t>(std::ceil(share)), 1, count_);
  uint64_t below = 0;
  size_t bucket = 0;
  while ((below += buckets_[bucket]) < rank) ++bucket;
  return Duration(std::min(static_cast<int64_t>(UpperEnd(bucket)), max_));
}

}  // namespace cairn::load
