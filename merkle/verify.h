// Verifies Merkle proofs.
//
// Source: RFC 9162 sections 2.1.3.2 and 2.1.4.2 (the trees of RFC 6962); for subtrees,
//   draft-ietf-plants-merkle-tree-certs.
// Errors: kInvalidArgument always, with one of these reasons: an index or size out of bounds, a
//   proof of the wrong length (found before anything is hashed), or a root that does not result.
// Requires: index, size and root from a source that is trusted together, such as one signed
//   checkpoint. A proof does not bind the size: leaf 0's proof in a tree of 8 leaves also verifies
//   against the same root as of a tree of 5, 6 or 7.

#ifndef CAIRN_MERKLE_VERIFY_H_
#define CAIRN_MERKLE_VERIFY_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "merkle/hash.h"
#include "merkle/proof_bytes.h"
#include "merkle/subtree.h"
#include "merkle/types.h"

namespace cairn::merkle {

// Hashes in the proof. Requires index < size <= kMaxTreeSize.
size_t InclusionProofLength(LeafIndex index, TreeSize size);
// Requires a valid subtree with end <= size. For the consistency of a tree of `old_size` with a
// later one this is of the subtree [0, old_size).
size_t SubtreeConsistencyProofLength(const Subtree& subtree, TreeSize size);

// The root that the proof leads to from this leaf.
absl::StatusOr<Hash> RootFromInclusionProof(LeafIndex index, TreeSize size, const Hash& leaf_hash,
                                            absl::Span<const Hash> proof);

// OK when the leaf at `index` of the tree with this size and root has this hash.
absl::Status VerifyInclusion(LeafIndex index, TreeSize size, const Hash& leaf_hash,
                             absl::Span<const Hash> proof, const Hash& root);

// OK when the first `old_size` leaves of the new tree are those of the old. Equal sizes need equal
// roots and an empty proof. An old size of 0 is always refused: whether an empty tree counts as
// consistent is for the caller to decide before it asks.
absl::Status VerifyConsistency(TreeSize old_size, TreeSize new_size, const Hash& old_root,
                               const Hash& new_root, absl::Span<const Hash> proof);

struct ConsistencyRoots {
  Hash old_root;
  Hash new_root;
};

// The roots of the two trees that a path leads to. A path is a consistency proof, with the old
// tree's own root before it where the proof leaves that out (an old size that is a power of two):
// so that it can show that a root is not the old tree's. kInvalidArgument unless
// 0 < old_size < new_size.
absl::StatusOr<ConsistencyRoots> RootsFromConsistencyPath(TreeSize old_size, TreeSize new_size,
                                                          absl::Span<const Hash> path);

// OK when the tree's leaves [begin, end) have this hash as a tree of their own. An empty subtree
// needs an empty proof and EmptyRoot().
absl::Status VerifySubtreeConsistency(const Subtree& subtree, TreeSize size,
                                      const Hash& subtree_hash, const Hash& root,
                                      absl::Span<const Hash> proof);

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_VERIFY_H_
