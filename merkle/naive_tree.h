// The definitions of RFC 6962 section 2.1 and of the subtree draft written down as they stand, for
// tests to compare with. Slow: recursive, with a cache of the hashes of ranges.

#ifndef CAIRN_MERKLE_NAIVE_TREE_H_
#define CAIRN_MERKLE_NAIVE_TREE_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "merkle/hash.h"
#include "merkle/proof_bytes.h"
#include "merkle/subtree.h"

namespace cairn::merkle {

// A tree over leaf hashes; by default entry i is i in decimal.
class NaiveTree {
 public:
  explicit NaiveTree(uint64_t size);
  explicit NaiveTree(std::vector<Hash> leaves) : leaves_(std::move(leaves)) {}

  const std::vector<Hash>& leaves() const { return leaves_; }

  // MTH(D[begin:end]).
  Hash Mth(uint64_t begin, uint64_t end);
  // PATH(m, D[begin:end]), m counted from begin.
  Proof Path(uint64_t m, uint64_t begin, uint64_t end);
  // PROOF(m, D[0:n]).
  Proof Consistency(uint64_t m, uint64_t n) { return Subproof(m, 0, n, true); }
  // SUBTREE_PROOF(begin, end, D[0:n]).
  Proof SubtreeConsistency(const Subtree& subtree, uint64_t n);

 private:
  Proof Subproof(uint64_t m, uint64_t begin, uint64_t end, bool known);
  Proof SubtreeSubproof(const Subtree& part, const Subtree& whole, bool known);

  std::vector<Hash> leaves_;
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, Hash> cache_;
};

// The root that a path leads to, by undoing PATH; nullopt when its length does not fit.
std::optional<Hash> NaiveRootFromPath(uint64_t m, uint64_t n, const Hash& leaf,
                                      absl::Span<const Hash> path);

// The (old, new) roots that a consistency proof leads to, by undoing PROOF; nullopt likewise.
std::optional<std::pair<Hash, Hash>> NaiveRootsFromConsistency(uint64_t m, uint64_t n,
                                                               const Hash& old_root,
                                                               absl::Span<const Hash> path);

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_NAIVE_TREE_H_
