#include "merkle/subtree.h"

#include <bit>
#include <cassert>

#include "merkle/types.h"

namespace cairn::merkle {

bool IsValid(const Subtree& subtree) {
  if (subtree.begin > subtree.end || subtree.end > kMaxTreeSize) return false;
  // bit_ceil(0) is 1, and at most 2^63 here.
  return subtree.begin % std::bit_ceil(subtree.end - subtree.begin) == 0;
}

std::array<Subtree, 2> CoveringSubtrees(const Subtree& interval) {
  const auto [begin, end] = interval;
  assert(begin <= end && end <= kMaxTreeSize);
  if (end - begin <= 1) return {Subtree{begin, end}, Subtree{end, end}};
  const uint64_t last = end - 1;
  // The highest bit in which the first and last leaf differ parts the two subtrees.
  const int split = std::bit_width(begin ^ last) - 1;
  const uint64_t below_split = (uint64_t{1} << split) - 1;
  const uint64_t middle = last & ~below_split;
  // The left one grows to the left until it is aligned, which takes all bits up to the highest
  // that is clear in `begin`.
  const int left_height = std::bit_width(~begin & below_split);
  const uint64_t left_begin = begin & ~((uint64_t{1} << left_height) - 1);
  return {Subtree{left_begin, middle}, Subtree{middle, end}};
}

}  // namespace cairn::merkle
