#include "merkle/verify.h"

#include <bit>
#include <cassert>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace cairn::merkle {
namespace {

absl::Status WrongLength(size_t want, size_t got) {
  return absl::InvalidArgumentError(
      absl::StrCat("wrong proof length: ", want, " hashes belong here, got ", got));
}

absl::Status CheckSize(TreeSize size) {
  if (size.value() <= kMaxTreeSize) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("tree size ", size.value(), " is above 2^63-1"));
}

// Where a subtree's last node and the tree's last node stand while a subtree proof is walked up.
struct Walk {
  uint64_t first = 0;  // ancestor of the subtree's first leaf
  uint64_t last = 0;   // ancestor of the subtree's last leaf
  uint64_t end = 0;    // ancestor of the tree's last leaf

  void Up(int levels = 1) {
    first >>= levels;
    last >>= levels;
    end >>= levels;
  }

  // From the leaves up to the largest node that ends the subtree; the proof begins there.
  static Walk Start(const Subtree& subtree, TreeSize size) {
    Walk at{subtree.begin, subtree.end - 1, size.value() - 1};
    if (at.last == at.end) {
      while (at.first != at.last) at.Up();
    } else {
      while (at.first != at.last && at.last % 2 == 1) at.Up();
    }
    return at;
  }
  // Whether the node where the proof begins is the subtree itself, whose hash the verifier has.
  bool whole() const { return first == last; }
  // Whether the next hash is a left sibling of the subtree's last node.
  bool left() const { return last % 2 == 1 || last == end; }
  // Past the sibling that was just used: a last node without a right sibling rises unchanged.
  void Next() {
    if (last == end) Up(std::countr_zero(last));
    Up();
  }
};

struct Roots {
  Hash subtree;
  Hash tree;
};

// What the siblings lead to from the node where a proof begins.
Roots RootsFrom(const Hash& start, Walk at, absl::Span<const Hash> siblings) {
  Roots roots{start, start};
  for (const Hash& sibling : siblings) {
    if (at.left()) {
      if (at.first < at.last) roots.subtree = HashNode(sibling, roots.subtree);
      roots.tree = HashNode(sibling, roots.tree);
    } else {
      roots.tree = HashNode(roots.tree, sibling);
    }
    at.Next();
  }
  assert(at.end == 0);
  return roots;
}

// What the proof computes. Requires a valid, non-empty subtree within the size and a proof of the
// right length.
Roots RootsFromSubtreeProof(const Subtree& subtree, TreeSize size, const Hash& subtree_hash,
                            absl::Span<const Hash> proof) {
  const Walk at = Walk::Start(subtree, size);
  return at.whole() ? RootsFrom(subtree_hash, at, proof)
                    : RootsFrom(proof.front(), at, proof.subspan(1));
}

}  // namespace

size_t InclusionProofLength(LeafIndex index, TreeSize size) {
  assert(size.contains(index) && size.value() <= kMaxTreeSize);
  // Below the level where the paths of the leaf and of the last leaf meet there is a sibling on
  // each level; above it only left ones.
  const int inner = std::bit_width(index.value() ^ (size.value() - 1));
  return inner + std::popcount(index.value() >> inner);
}

size_t SubtreeConsistencyProofLength(const Subtree& subtree, TreeSize size) {
  if (subtree.begin == subtree.end) return 0;
  Walk at = Walk::Start(subtree, size);
  size_t length = at.whole() ? 0 : 1;
  for (; at.end != 0; at.Next()) ++length;
  return length;
}

absl::StatusOr<Hash> RootFromInclusionProof(LeafIndex index, TreeSize size, const Hash& leaf_hash,
                                            absl::Span<const Hash> proof) {
  if (absl::Status status = CheckSize(size); !status.ok()) return status;
  if (!size.contains(index)) {
    return absl::InvalidArgumentError(
        absl::StrCat("leaf index ", index.value(), " is not below tree size ", size.value()));
  }
  if (const size_t length = InclusionProofLength(index, size); proof.size() != length) {
    return WrongLength(length, proof.size());
  }
  Hash root = leaf_hash;
  uint64_t at = index.value();
  uint64_t end = size.value() - 1;
  for (const Hash& sibling : proof) {
    // A last node without a right sibling rises unchanged until it has a left one.
    if (at == end) {
      const int levels = std::countr_zero(at);
      at >>= levels;
      end >>= levels;
    }
    root = at % 2 == 1 ? HashNode(sibling, root) : HashNode(root, sibling);
    at >>= 1;
    end >>= 1;
  }
  return root;
}

absl::Status VerifyInclusion(LeafIndex index, TreeSize size, const Hash& leaf_hash,
                             absl::Span<const Hash> proof, const Hash& root) {
  const absl::StatusOr<Hash> computed = RootFromInclusionProof(index, size, leaf_hash, proof);
  if (!computed.ok()) return computed.status();
  if (*computed != root) {
    return absl::InvalidArgumentError(absl::StrCat("the inclusion proof of leaf ", index.value(),
                                                   " at size ", size.value(), " leads to root ",
                                                   computed->Hex(), ", not to ", root.Hex()));
  }
  return absl::OkStatus();
}

absl::Status VerifyConsistency(TreeSize old_size, TreeSize new_size, const Hash& old_root,
                               const Hash& new_root, absl::Span<const Hash> proof) {
  if (old_size.value() == 0) {
    return absl::InvalidArgumentError(
        "old size 0: no proof speaks of the empty tree; decide before asking");
  }
  if (old_size > new_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("old size ", old_size.value(), " is larger than new size ", new_size.value()));
  }
  return VerifySubtreeConsistency({0, old_size.value()}, new_size, old_root, new_root, proof);
}

absl::StatusOr<ConsistencyRoots> RootsFromConsistencyPath(TreeSize old_size, TreeSize new_size,
                                                          absl::Span<const Hash> path) {
  if (absl::Status status = CheckSize(new_size); !status.ok()) return status;
  if (old_size.value() == 0 || old_size >= new_size) {
    return absl::InvalidArgumentError(absl::StrCat("no path leads from a tree of size ",
                                                   old_size.value(), " to one of size ",
                                                   new_size.value()));
  }
  const Subtree old_tree{0, old_size.value()};
  const Walk at = Walk::Start(old_tree, new_size);
  const size_t length =
      SubtreeConsistencyProofLength(old_tree, new_size) + (at.whole() ? size_t{1} : 0);
  if (path.size() != length) return WrongLength(length, path.size());
  const Roots roots = RootsFrom(path.front(), at, path.subspan(1));
  return ConsistencyRoots{roots.subtree, roots.tree};
}

absl::Status VerifySubtreeConsistency(const Subtree& subtree, TreeSize size,
                                      const Hash& subtree_hash, const Hash& root,
                                      absl::Span<const Hash> proof) {
  if (absl::Status status = CheckSize(size); !status.ok()) return status;
  if (!IsValid(subtree) || subtree.end > size.value()) {
    return absl::InvalidArgumentError(absl::StrCat("[", subtree.begin, ", ", subtree.end,
                                                   ") is not a valid subtree of a tree of size ",
                                                   size.value()));
  }
  const size_t length = SubtreeConsistencyProofLength(subtree, size);
  if (proof.size() != length) return WrongLength(length, proof.size());
  if (subtree.begin == subtree.end) {
    if (subtree_hash == EmptyRoot()) return absl::OkStatus();
    return absl::InvalidArgumentError("the hash of an empty subtree is not that of the empty tree");
  }
  const Roots computed = RootsFromSubtreeProof(subtree, size, subtree_hash, proof);
  if (computed.subtree != subtree_hash) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the consistency proof leads to old root ", computed.subtree.Hex(), " of leaves [",
        subtree.begin, ", ", subtree.end, "), not to ", subtree_hash.Hex()));
  }
  if (computed.tree != root) {
    return absl::InvalidArgumentError(absl::StrCat("the consistency proof leads to new root ",
                                                   computed.tree.Hex(), " at size ", size.value(),
                                                   ", not to ", root.Hex()));
  }
  return absl::OkStatus();
}

}  // namespace cairn::merkle
