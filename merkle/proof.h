// Makes proofs and roots of a tree, at its size or any smaller one, from stored nodes.
//
// Source: RFC 6962 sections 2.1 to 2.1.2; for subtrees, draft-ietf-plants-merkle-tree-certs.
// Shape: an inclusion proof lists the siblings from the leaf up, a consistency proof likewise from
//   where the two trees part. Neither contains the leaf or a root.
// Errors: kOutOfRange for an index that is not below the size, kInvalidArgument for sizes that no
//   proof links (each function says which); whatever the node source answers is passed on.
// Cost: each function asks the source once, for at most about 130 nodes.

#ifndef CAIRN_MERKLE_PROOF_H_
#define CAIRN_MERKLE_PROOF_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "merkle/hash.h"
#include "merkle/proof_bytes.h"
#include "merkle/subtree.h"
#include "merkle/tile.h"
#include "merkle/types.h"

namespace cairn::merkle {

// Where nodes come from. Only complete subtrees below the size asked for are ever requested.
class NodeSource {
 public:
  virtual ~NodeSource() = default;

  // Puts the hash of ids[i] into out[i]; the spans have equal lengths. Any failure fails the proof.
  virtual absl::Status Nodes(absl::Span<const NodeId> ids, absl::Span<Hash> out) = 0;
};

// The root at `size`; EmptyRoot() at 0, without asking the source.
absl::StatusOr<Hash> Root(TreeSize size, NodeSource& source);

// kOutOfRange when `index` is not below `size`.
absl::StatusOr<Proof> InclusionProof(LeafIndex index, TreeSize size, NodeSource& source);

// Empty when the sizes are equal. kInvalidArgument when `old_size` is 0 (there is nothing to prove;
// what a size of 0 means is the caller's to decide) or larger than `new_size`.
absl::StatusOr<Proof> ConsistencyProof(TreeSize old_size, TreeSize new_size, NodeSource& source);

// The same for sizes that differ, with the old tree's root before it where the proof leaves that
// out; see RootsFromConsistencyPath. kInvalidArgument unless 0 < old_size < new_size.
absl::StatusOr<Proof> ConsistencyPath(TreeSize old_size, TreeSize new_size, NodeSource& source);

// The hash of the leaves of a subtree as a tree of their own; EmptyRoot() when there are none.
// kInvalidArgument when the subtree is not valid.
absl::StatusOr<Hash> SubtreeHash(const Subtree& subtree, NodeSource& source);

// That the leaf is in the subtree: verified as an inclusion proof of index - begin at size
// end - begin. kOutOfRange when it is outside, kInvalidArgument when the subtree is not valid.
absl::StatusOr<Proof> SubtreeInclusionProof(LeafIndex index, const Subtree& subtree,
                                            NodeSource& source);

// That the subtree's leaves are those of the tree. Empty for an empty subtree. kInvalidArgument
// when the subtree is not valid or reaches beyond `size`.
absl::StatusOr<Proof> SubtreeConsistencyProof(const Subtree& subtree, TreeSize size,
                                              NodeSource& source);

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_PROOF_H_
