#include "merkle/tile.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cairn::merkle {
namespace {

// How many nodes of a tree level are complete; levels beyond 63 have none.
uint64_t CompleteNodes(uint64_t tree_level, TreeSize size) {
  return tree_level < 64 ? size.value() >> tree_level : 0;
}

}  // namespace

uint64_t FullTileCount(uint32_t level, TreeSize size) {
  return CompleteNodes((uint64_t{level} + 1) * kTileHeight, size);
}

uint32_t PartialTileWidth(uint32_t level, TreeSize size) {
  return CompleteNodes(uint64_t{level} * kTileHeight, size) % kTileWidth;
}

uint32_t TileWidthAt(TileId id, TreeSize size) {
  const uint64_t full = FullTileCount(id.level, size);
  if (id.index < full) return kTileWidth;
  return id.index == full ? PartialTileWidth(id.level, size) : 0;
}

NodePlace PlaceOf(NodeId id) {
  const uint32_t height = id.level % kTileHeight;
  const uint32_t index_bits = kTileHeight - height;
  return {
      .tile = {.level = id.level / kTileHeight, .index = id.index >> index_bits},
      .offset = static_cast<uint32_t>(id.index << height) % kTileWidth,
      .height = height,
  };
}

Hash SubtreeRoot(absl::Span<const Hash> nodes) {
  assert(std::has_single_bit(nodes.size()) && nodes.size() <= kTileWidth);
  if (nodes.size() == 1) return nodes[0];
  std::array<Hash, kTileWidth / 2> row;
  size_t count = nodes.size() / 2;
  for (size_t i = 0; i < count; ++i) row[i] = HashNode(nodes[2 * i], nodes[2 * i + 1]);
  while (count > 1) {
    count /= 2;
    for (size_t i = 0; i < count; ++i) row[i] = HashNode(row[2 * i], row[2 * i + 1]);
  }
  return row[0];
}

Hash NodeInTile(const NodePlace& place, absl::Span<const Hash> hashes,
                absl::Span<const Hash> inner) {
  const size_t count = size_t{1} << place.height;
  if (place.height >= kInnerLevel && !inner.empty()) {
    assert(inner.size() == kInnerCount);
    return SubtreeRoot(inner.subspan(place.offset >> kInnerLevel, count >> kInnerLevel));
  }
  assert(place.offset + count <= hashes.size());
  return SubtreeRoot(hashes.subspan(place.offset, count));
}

std::string FormatTile(absl::Span<const Hash> hashes) {
  std::string bytes;
  bytes.reserve(hashes.size() * Hash::kSize);
  for (const Hash& hash : hashes) bytes.append(hash.view().data(), Hash::kSize);
  return bytes;
}

absl::StatusOr<std::vector<Hash>> ParseTile(absl::string_view bytes, uint32_t width) {
  if (bytes.size() != size_t{width} * Hash::kSize) {
    return absl::InvalidArgumentError(absl::StrCat("a tile of ", width, " hashes is ",
                                                   size_t{width} * Hash::kSize, " bytes, got ",
                                                   bytes.size()));
  }
  std::vector<Hash> hashes(width);
  for (uint32_t i = 0; i < width; ++i) {
    std::copy_n(bytes.data() + i * Hash::kSize, Hash::kSize, hashes[i].bytes.begin());
  }
  return hashes;
}

}  // namespace cairn::merkle
