// The resource paths of tiles and entry bundles, formatted and strictly parsed.
//
// Source: C2SP tlog-tiles (v1).
// Shape: `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`. L is decimal, 0 to 63. N is decimal
//   in groups of three digits, each but the last prefixed by `x`: 5 is `005`, 1234067 is
//   `x001/x234/067`. W is decimal, 1 to 255, and present on partial ones only. No leading zeros in
//   L and W, no leading group `x000`: each resource has exactly one path.

#ifndef CAIRN_MERKLE_TILE_PATH_H_
#define CAIRN_MERKLE_TILE_PATH_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/tile.h"

namespace cairn::merkle {

// A tile as asked for: its first `width` hashes, 256 for the full tile.
struct TileSlice {
  TileId id;
  uint32_t width = kTileWidth;
  friend bool operator==(const TileSlice&, const TileSlice&) = default;
};

// An entry bundle as asked for: bundle `index` holds the entries of level-0 tile `index`.
struct BundleSlice {
  uint64_t index = 0;
  uint32_t width = kTileWidth;
  friend bool operator==(const BundleSlice&, const BundleSlice&) = default;
};

// Require a width in [1, 256], a level below 64 and an index of at most kMaxTreeSize.
std::string FormatTilePath(const TileSlice& tile);
std::string FormatBundlePath(const BundleSlice& bundle);

// kInvalidArgument with the reason, unless `path` is what Format*Path returns for some value. The
// result need not exist in any tree: compare it with TileWidthAt.
absl::StatusOr<TileSlice> ParseTilePath(absl::string_view path);
absl::StatusOr<BundleSlice> ParseBundlePath(absl::string_view path);

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_TILE_PATH_H_
