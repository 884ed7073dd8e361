// Nodes from stored tiles.

#ifndef CAIRN_MERKLE_TILE_SOURCE_H_
#define CAIRN_MERKLE_TILE_SOURCE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "merkle/hash.h"
#include "merkle/proof.h"
#include "merkle/tile.h"
#include "merkle/types.h"

namespace cairn::merkle {

// Where tiles come from.
class TileReader {
 public:
  virtual ~TileReader() = default;

  // At least the first `width` hashes of the tile, 1 to 256; a full tile may stand in for a partial
  // one.
  virtual absl::StatusOr<std::vector<Hash>> ReadTile(TileId id, uint32_t width) = 0;
};

// Computes nodes from the tiles of a tree of a given size. Each call of Nodes reads a tile once,
// even when several of the nodes lie in it. The tiles' hashes are taken as they are: who does not
// trust the reader verifies the proof made from them.
//
// Errors: kOutOfRange for a node that is not complete at the size; kDataLoss when the reader
// returns fewer hashes than asked; otherwise the reader's. Lifetime: borrows the reader. Threads:
// as the reader's.
class TileNodeSource final : public NodeSource {
 public:
  TileNodeSource(TileReader& reader, TreeSize size) : reader_(reader), size_(size) {}

  absl::Status Nodes(absl::Span<const NodeId> ids, absl::Span<Hash> out) override;

 private:
  TileReader& reader_;
  TreeSize size_;
};

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_TILE_SOURCE_H_
