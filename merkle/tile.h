// Tiles: how the nodes of a Merkle tree are cut into blocks that are stored and served whole.
//
// Source: C2SP tlog-tiles (v1).
// Shape: tile (L, N) holds the 256 nodes of tree level 8L with indexes [256N, 256N + 256), left to
//   right, 32 bytes each. The seven levels between two tile levels are computed, not stored. A tile
//   with fewer than 256 hashes is partial; a node enters a tile only once its subtree is complete.
//   Node (l, i) is the root of the complete subtree over leaves [i * 2^l, (i + 1) * 2^l).

#ifndef CAIRN_MERKLE_TILE_H_
#define CAIRN_MERKLE_TILE_H_

#include <compare>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "merkle/hash.h"
#include "merkle/types.h"

namespace cairn::merkle {

// Tree levels that one tile spans, and the hashes in a full tile (and entries in a full bundle).
inline constexpr uint32_t kTileHeight = 8;
inline constexpr uint32_t kTileWidth = 1u << kTileHeight;

// Tile levels that a tree of at most kMaxTreeSize leaves can have: [0, 8).
inline constexpr uint32_t kTileLevels = 8;

struct TileId {
  uint32_t level = 0;
  uint64_t index = 0;

  // By level, then by index.
  friend auto operator<=>(const TileId&, const TileId&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const TileId& id) {
    return H::combine(std::move(h), id.level, id.index);
  }
};

// A complete subtree of 2^level leaves; level is in [0, 63).
struct NodeId {
  uint32_t level = 0;
  uint64_t index = 0;

  friend auto operator<=>(const NodeId&, const NodeId&) = default;
};

// Tree level, within a level-0 tile, of the 16 nodes that are kept beside its hashes.
inline constexpr uint32_t kInnerLevel = 4;
inline constexpr uint32_t kInnerCount = kTileWidth >> kInnerLevel;

// Full tiles of `level` in a tree of this size. Any level may be asked.
uint64_t FullTileCount(uint32_t level, TreeSize size);

// Hashes in the partial tile of `level` that follows the full ones; 0: there is none.
uint32_t PartialTileWidth(uint32_t level, TreeSize size);

// Hashes that this tile has in a tree of this size, [0, 256]; 0: the tile does not exist there.
uint32_t TileWidthAt(TileId id, TreeSize size);

// Where a node is found: the root of the 2^height hashes that begin at `offset` of `tile`.
struct NodePlace {
  TileId tile;
  uint32_t offset = 0;
  uint32_t height = 0;  // [0, 8)
};
NodePlace PlaceOf(NodeId id);

// The root of a complete subtree from its 2^k nodes of one level (k <= 8).
Hash SubtreeRoot(absl::Span<const Hash> nodes);

// The node at `place` from its tile. `hashes` must reach beyond the node's last hash. `inner` is
// empty or the tile's 16 nodes at kInnerLevel, which save most of the hashing (at most 7 hashes
// instead of 127).
Hash NodeInTile(const NodePlace& place, absl::Span<const Hash> hashes,
                absl::Span<const Hash> inner = {});

// A tile as bytes: its hashes, concatenated.
std::string FormatTile(absl::Span<const Hash> hashes);

// kInvalidArgument unless `bytes` is exactly `width` hashes.
absl::StatusOr<std::vector<Hash>> ParseTile(absl::string_view bytes, uint32_t width);

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_TILE_H_
