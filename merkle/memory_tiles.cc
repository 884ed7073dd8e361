#include "merkle/memory_tiles.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cairn::merkle {

MemoryTiles::MemoryTiles(absl::Span<const Hash> leaves) {
  std::vector<Hash> row(leaves.begin(), leaves.end());
  while (!row.empty()) {
    levels_.push_back(row);
    for (uint32_t i = 0; i < kTileHeight; ++i) {
      std::vector<Hash> above;
      for (size_t j = 0; j + 1 < row.size(); j += 2) above.push_back(HashNode(row[j], row[j + 1]));
      row = std::move(above);
    }
  }
}

absl::StatusOr<std::vector<Hash>> MemoryTiles::ReadTile(TileId id, uint32_t width) {
  reads_.push_back(id);
  const uint64_t begin = id.index * kTileWidth;
  if (id.level >= levels_.size() || width == 0 || width > kTileWidth ||
      begin + width > levels_[id.level].size() || (only_full_ && width < kTileWidth)) {
    return absl::NotFoundError(
        absl::StrCat("no tile ", id.index, " of level ", id.level, " with width ", width));
  }
  const std::vector<Hash>& row = levels_[id.level];
  return std::vector<Hash>(row.begin() + begin, row.begin() + begin + width - cut_);
}

}  // namespace cairn::merkle
