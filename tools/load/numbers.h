// The numbers of a run's statements: each worker has its own, and numbers them from 0.

#ifndef CAIRN_TOOLS_LOAD_NUMBERS_H_
#define CAIRN_TOOLS_LOAD_NUMBERS_H_

#include <cstdint>

namespace cairn::load {

inline constexpr int kPlaceBits = 48;

constexpr uint64_t NumberOf(uint32_t worker, uint64_t place) {
  return uint64_t{worker} << kPlaceBits | place;
}
constexpr uint32_t WorkerOf(uint64_t number) { return static_cast<uint32_t>(number >> kPlaceBits); }
constexpr uint64_t PlaceOf(uint64_t number) { return number & ((uint64_t{1} << kPlaceBits) - 1); }

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_NUMBERS_H_
