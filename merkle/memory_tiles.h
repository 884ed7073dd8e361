// Tiles of a tree in memory, for tests: strict about what is asked.

#ifndef CAIRN_MERKLE_MEMORY_TILES_H_
#define CAIRN_MERKLE_MEMORY_TILES_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "merkle/hash.h"
#include "merkle/tile.h"
#include "merkle/tile_source.h"
#include "merkle/types.h"

namespace cairn::merkle {

class MemoryTiles final : public TileReader {
 public:
  // The tiles of the tree over these leaf hashes.
  explicit MemoryTiles(absl::Span<const Hash> leaves);

  // kNotFound for a tile, or a width, that the tree does not have.
  absl::StatusOr<std::vector<Hash>> ReadTile(TileId id, uint32_t width) override;

  // Each read, in order.
  const std::vector<TileId>& reads() const { return reads_; }
  void ForgetReads() { reads_.clear(); }
  // Answers with one hash fewer than asked from now on.
  void CutShort() { cut_ = 1; }
  // Stops answering for partial tiles, as a store of full tiles.
  void OnlyFullTiles() { only_full_ = true; }

 private:
  // levels_[t]: all hashes of tile level t.
  std::vector<std::vector<Hash>> levels_;
  std::vector<TileId> reads_;
  uint32_t cut_ = 0;
  bool only_full_ = false;
};

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_MEMORY_TILES_H_
