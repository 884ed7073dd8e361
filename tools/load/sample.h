// A uniform sample of all that was offered, whatever their number.
//
// Threads: one.

#ifndef CAIRN_TOOLS_LOAD_SAMPLE_H_
#define CAIRN_TOOLS_LOAD_SAMPLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/load/statements.h"

namespace cairn::load {

template <typename T>
class Sample {
 public:
  Sample(size_t capacity, uint64_t seed) : capacity_(capacity), random_(seed) {}

  // Where to put the next: a new place, or that of one that leaves the sample for it; null when it
  // is not in the sample.
  T* Offer() {
    ++offered_;
    if (items_.size() < capacity_) return &items_.emplace_back();
    const uint64_t place = Random() % offered_;
    return place < capacity_ ? &items_[place] : nullptr;
  }

  const std::vector<T>& items() const { return items_; }
  // Requires that there are any.
  const T& Pick() { return items_[Random() % items_.size()]; }

 private:
  uint64_t Random() { return Mix(random_++); }

  size_t capacity_;
  uint64_t random_;
  uint64_t offered_ = 0;
  std::vector<T> items_;
};

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_SAMPLE_H_
