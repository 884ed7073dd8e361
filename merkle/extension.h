// What one append added to a tree: its new complete nodes, full tiles and right border.
//
// Source: RFC 6962 section 2.1.
// Shape: leaves [first, size). Of each level the nodes from the last one that ends at or before
//   `first` and has a new sibling; with the border (the roots of the incomplete subtrees on the
//   right) that is every sibling that a new leaf's inclusion proof can name.
// Threads: immutable; may be shared.

#ifndef CAIRN_MERKLE_EXTENSION_H_
#define CAIRN_MERKLE_EXTENSION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "merkle/hash.h"
#include "merkle/proof_bytes.h"
#include "merkle/tile.h"
#include "merkle/types.h"

namespace cairn::merkle {

// A tile that an append completed.
struct FullTile {
  TileId id;
  std::vector<Hash> hashes;  // 256
  // At level 0 the 16 nodes of kInnerLevel; empty above.
  std::vector<Hash> inner;
};

class Extension {
 public:
  LeafIndex first() const { return first_; }
  // Size and root of the tree after the append.
  TreeSize size() const { return size_; }
  const Hash& root() const { return root_; }

  // By level, then by index.
  const std::vector<FullTile>& full_tiles() const { return full_tiles_; }

  // The proof of a new leaf at size(). Requires first() <= index < size(). Hashes nothing.
  Proof InclusionProof(LeafIndex index) const;

 private:
  friend class Edge;

  static constexpr size_t kLevels = kTileLevels * kTileHeight;

  // Computes the new nodes. `compact[l]` is the node of level l that ends the left part, for each
  // bit l that is set in first.
  Extension(LeafIndex first, absl::Span<const Hash> leaf_hashes,
            const std::array<Hash, kLevels>& compact);

  // Index of the first node kept of a level, and one beyond the last complete one.
  uint64_t LevelBegin(uint32_t level) const { return (first_.value() >> level) & ~uint64_t{1}; }
  uint64_t LevelEnd(uint32_t level) const { return size_.value() >> level; }
  const Hash& Node(NodeId id) const {
    return nodes_[starts_[id.level] + (id.index - LevelBegin(id.level))];
  }
  void ComputeBorder();

  LeafIndex first_;
  TreeSize size_;
  Hash root_;
  // The levels' nodes one after the other; level l begins at starts_[l].
  std::vector<Hash> nodes_;
  std::array<size_t, kLevels> starts_{};
  // border_[l]: the root of the leaves from the last multiple of 2^l to the end, where there are
  // any.
  std::array<Hash, kLevels> border_{};
  std::vector<FullTile> full_tiles_;
};

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_EXTENSION_H_
