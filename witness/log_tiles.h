// Tiles and entry bundles from a log that is read from outside.
//
// Source: C2SP tlog-tiles: who finds no partial resource may take the full one.
// Errors: as the source; kDataLoss for a resource that is malformed.
// Threads: any. Lifetime: borrows the source.

#ifndef CAIRN_WITNESS_LOG_TILES_H_
#define CAIRN_WITNESS_LOG_TILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"
#include "merkle/tile.h"
#include "merkle/tile_path.h"
#include "merkle/tile_source.h"
#include "witness/log_source.h"

namespace cairn::witness {

class LogTiles final : public merkle::TileReader {
 public:
  explicit LogTiles(LogSource& source) : source_(source) {}

  // Exactly `width` hashes.
  absl::StatusOr<std::vector<Hash>> ReadTile(merkle::TileId id, uint32_t width) override;

  // The first `slice.width` entries of a bundle.
  struct Bundle {
    std::string bytes;
    std::vector<absl::string_view> entries;  // Into `bytes`, which is not moved away from them.
  };
  absl::Status ReadBundle(const merkle::BundleSlice& slice, Bundle* bundle);

 private:
  LogSource& source_;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_LOG_TILES_H_
