// The growing end of a tree: all that is needed to append, and what one append added.
//
// Source: RFC 6962 section 2.1 for the hashes, C2SP tlog-tiles for the cut into tiles.
// Shape: an Edge holds, of each tile level, the hashes of the partial tile and the complete nodes
//   over them; together these contain the compact range of the tree. At most 16 KiB a tile level,
//   so 48 KiB in a tree of up to 2^24 leaves.
// Threads: values without shared state; const functions may run concurrently.

#ifndef CAIRN_MERKLE_EDGE_H_
#define CAIRN_MERKLE_EDGE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "merkle/extension.h"
#include "merkle/hash.h"
#include "merkle/proof.h"
#include "merkle/tile.h"
#include "merkle/tile_source.h"
#include "merkle/types.h"

namespace cairn::merkle {

class Edge {
 public:
  // The empty tree.
  Edge() : root_(EmptyRoot()) {}

  // Rebuilds the edge of a tree from what is stored: asks for the partial level-0 tile and for the
  // full tiles whose roots make up the partial tiles above it, and for nothing else (at most 255
  // tiles a level). The caller must compare root() with what it expects: the tiles are not
  // otherwise checked. kDataLoss when a tile is short, kInvalidArgument when `size` is above
  // kMaxTreeSize, otherwise the reader's error.
  static absl::StatusOr<Edge> FromTiles(TreeSize size, TileReader& reader);

  TreeSize size() const { return size_; }
  const Hash& root() const { return root_; }

  // Appends leaves and returns all that they added. Meant for batches of up to some thousands: the
  // extension holds about 64 bytes a leaf, and half as many again in its full tiles. May be given
  // none.
  Extension Append(absl::Span<const Hash> leaf_hashes);

  // The hashes of the partial tile of a level, left to right; empty when there is none. Any prefix
  // is that level's partial tile of some smaller tree. Valid until the edge changes.
  absl::Span<const Hash> PartialTile(uint32_t level) const;

  // A complete node that lies in a partial tile; nullopt for a node in a full tile, or not
  // complete.
  std::optional<Hash> Find(NodeId id) const;

 private:
  // Tree levels that have nodes in tiles: every level of a tree of at most kMaxTreeSize leaves.
  static constexpr size_t kLevels = kTileLevels * kTileHeight;

  // Puts into `out` the nodes of a level from `first` on, from this edge and, where newer, from the
  // extension.
  void CopyNodes(NodeId first, const Extension& extension, absl::Span<Hash> out) const;
  std::vector<FullTile> CompletedTiles(const Extension& extension) const;
  void Advance(const Extension& extension);

  TreeSize size_;
  Hash root_;
  // nodes_[l]: the complete nodes of tree level l that lie in the partial tile of level l / 8.
  std::array<std::vector<Hash>, kLevels> nodes_;
};

// Complete nodes from an edge where it has them, else from another source, asked at most once a
// call. With a source over the full tiles below it, this serves every proof up to the edge's size.
// Lifetime: borrows both.
class EdgeNodeSource final : public NodeSource {
 public:
  EdgeNodeSource(const Edge& edge, NodeSource& below) : edge_(edge), below_(below) {}

  absl::Status Nodes(absl::Span<const NodeId> ids, absl::Span<Hash> out) override;

 private:
  const Edge& edge_;
  NodeSource& below_;
};

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_EDGE_H_
