#include "witness/log_tiles.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "merkle/bundle.h"

namespace cairn::witness {
namespace {

constexpr size_t kMaxTileBytes = merkle::kTileWidth * Hash::kSize;
constexpr size_t kMaxBundleBytes = merkle::kTileWidth * (2 + merkle::kMaxBundleEntryBytes);

absl::Status Damaged(const std::string& path, const absl::Status& why) {
  return absl::DataLossError(absl::StrCat(path, ": ", why.message()));
}

}  // namespace

absl::StatusOr<std::vector<Hash>> LogTiles::ReadTile(merkle::TileId id, uint32_t width) {
  std::string path = merkle::FormatTilePath({id, width});
  absl::StatusOr<std::string> bytes = source_.Read(path, kMaxTileBytes);
  uint32_t have = width;
  if (absl::IsNotFound(bytes.status()) && width < merkle::kTileWidth) {
    have = merkle::kTileWidth;
    path = merkle::FormatTilePath({id, have});
    bytes = source_.Read(path, kMaxTileBytes);
  }
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<std::vector<Hash>> hashes = merkle::ParseTile(*bytes, have);
  if (!hashes.ok()) return Damaged(path, hashes.status());
  hashes->resize(width);
  return hashes;
}

absl::Status LogTiles::ReadBundle(const merkle::BundleSlice& slice, Bundle* bundle) {
  std::string path = merkle::FormatBundlePath(slice);
  absl::StatusOr<std::string> bytes = source_.Read(path, kMaxBundleBytes);
  uint32_t have = slice.width;
  if (absl::IsNotFound(bytes.status()) && slice.width < merkle::kTileWidth) {
    have = merkle::kTileWidth;
    path = merkle::FormatBundlePath({slice.index, have});
    bytes = source_.Read(path, kMaxBundleBytes);
  }
  if (!bytes.ok()) return bytes.status();
  bundle->bytes = *std::move(bytes);
  absl::StatusOr<std::vector<absl::string_view>> entries = merkle::ParseBundle(bundle->bytes, have);
  if (!entries.ok()) return Damaged(path, entries.status());
  bundle->entries = *std::move(entries);
  bundle->entries.resize(slice.width);
  return absl::OkStatus();
}

}  // namespace cairn::witness
