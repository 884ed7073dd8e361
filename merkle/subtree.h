// Subtrees: runs of leaves, aligned so that a tree's own nodes make up their hash.
//
// Source: draft-ietf-plants-merkle-tree-certs, sections on subtrees.
// Shape: leaves [begin, end). Valid when begin is a multiple of the smallest power of two that is
//   not less than end - begin. The hash is that of the leaves as a tree of their own.

#ifndef CAIRN_MERKLE_SUBTREE_H_
#define CAIRN_MERKLE_SUBTREE_H_

#include <array>
#include <cstdint>

namespace cairn::merkle {

struct Subtree {
  uint64_t begin = 0;
  uint64_t end = 0;
  friend bool operator==(const Subtree&, const Subtree&) = default;
};

// Whether the subtree is aligned as above, begin <= end, and end is at most kMaxTreeSize.
bool IsValid(const Subtree& subtree);

// Two valid subtrees, left then right, that together cover [begin, end): they reach from at or
// before begin to exactly end. The right one is empty when at most one leaf is to be covered.
// Requires begin <= end <= kMaxTreeSize.
std::array<Subtree, 2> CoveringSubtrees(const Subtree& interval);

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_SUBTREE_H_
