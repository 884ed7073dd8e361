// Integers of a Merkle tree that must not be mixed up. Each is a distinct type with an explicit
// constructor; `value()` gives the number back.
//
// Source: C2SP tlog-tiles and RFC 6962 for the words.

#ifndef CAIRN_MERKLE_TYPES_H_
#define CAIRN_MERKLE_TYPES_H_

#include <compare>
#include <cstdint>
#include <utility>

namespace cairn {

// No tree is larger, and no index or size above this is accepted anywhere: sizes fit a signed
// 64-bit integer in every peer's implementation.
inline constexpr uint64_t kMaxTreeSize = (uint64_t{1} << 63) - 1;

// The place of a leaf, from 0.
class LeafIndex {
 public:
  constexpr LeafIndex() = default;
  constexpr explicit LeafIndex(uint64_t value) : value_(value) {}
  constexpr uint64_t value() const { return value_; }
  friend constexpr auto operator<=>(LeafIndex, LeafIndex) = default;
  template <typename H>
  friend H AbslHashValue(H h, LeafIndex i) {
    return H::combine(std::move(h), i.value_);
  }

 private:
  uint64_t value_ = 0;
};

// A count of leaves. Leaf `i` is in a tree of size `n` when i < n.
class TreeSize {
 public:
  constexpr TreeSize() = default;
  constexpr explicit TreeSize(uint64_t value) : value_(value) {}
  constexpr uint64_t value() const { return value_; }
  constexpr bool contains(LeafIndex index) const { return index.value() < value_; }
  friend constexpr auto operator<=>(TreeSize, TreeSize) = default;

 private:
  uint64_t value_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_MERKLE_TYPES_H_
