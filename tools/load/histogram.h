// How long things took: a histogram whose buckets are at most 1/128 of their value wide.
//
// Shape: nanoseconds, 0 to 2^63 - 1, each power of two cut into 128 equal buckets. A quantile is
// the
//   upper end of its bucket, but never above the largest value: what is reported was not shorter.
// Memory: 58 KiB, whatever is recorded. Threads: one; merge those of several.

#ifndef CAIRN_TOOLS_LOAD_HISTOGRAM_H_
#define CAIRN_TOOLS_LOAD_HISTOGRAM_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cairn::load {

class Histogram {
 public:
  using Duration = std::chrono::nanoseconds;

  Histogram();

  // `times` values at once; what is below 0 counts as 0.
  void Record(Duration value, uint64_t times = 1);
  void Merge(const Histogram& other);

  uint64_t count() const { return count_; }
  Duration max() const { return Duration(max_); }
  // The value that the share `quantile`, 0 to 1, of all do not exceed; 0 when there are none.
  Duration Quantile(double quantile) const;

 private:
  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  int64_t max_ = 0;
};

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_HISTOGRAM_H_
