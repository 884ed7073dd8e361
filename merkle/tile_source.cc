#include "merkle/tile_source.h"

#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace cairn::merkle {

absl::Status TileNodeSource::Nodes(absl::Span<const NodeId> ids, absl::Span<Hash> out) {
  absl::flat_hash_map<TileId, std::vector<Hash>> tiles;
  for (size_t i = 0; i < ids.size(); ++i) {
    const NodeId id = ids[i];
    if (id.level > 63 || id.index >= size_.value() >> id.level) {
      return absl::OutOfRangeError(absl::StrCat("node ", id.index, " of level ", id.level,
                                                " is not complete at size ", size_.value()));
    }
    const NodePlace place = PlaceOf(id);
    auto [tile, absent] = tiles.try_emplace(place.tile);
    if (absent) {
      const uint32_t width = TileWidthAt(place.tile, size_);
      absl::StatusOr<std::vector<Hash>> hashes = reader_.ReadTile(place.tile, width);
      if (!hashes.ok()) return hashes.status();
      if (hashes->size() < width) {
        return absl::DataLossError(absl::StrCat("tile ", place.tile.index, " of level ",
                                                place.tile.level, " has ", hashes->size(),
                                                " hashes where ", width, " belong"));
      }
      tile->second = *std::move(hashes);
    }
    out[i] = NodeInTile(place, tile->second);
  }
  return absl::OkStatus();
}

}  // namespace cairn::merkle
