#include "merkle/edge.h"

#include <algorithm>
#include <cassert>

#include "absl/strings/str_cat.h"

namespace cairn::merkle {
namespace {

// Index of the first node of a tree level that is not in a full tile.
uint64_t PartialBegin(uint32_t level, TreeSize size) {
  return FullTileCount(level / kTileHeight, size) << (kTileHeight - level % kTileHeight);
}

absl::StatusOr<std::vector<Hash>> ReadWhole(TileReader& reader, TileId id, uint32_t width) {
  absl::StatusOr<std::vector<Hash>> hashes = reader.ReadTile(id, width);
  if (!hashes.ok()) return hashes.status();
  if (hashes->size() < width) {
    return absl::DataLossError(absl::StrCat("tile ", id.index, " of level ", id.level, " has ",
                                            hashes->size(), " hashes where ", width, " belong"));
  }
  hashes->resize(width);
  return hashes;
}

// The hashes of the partial tile of a level: read at level 0, above it the roots of full tiles.
absl::StatusOr<std::vector<Hash>> PartialHashes(uint32_t level, TreeSize size, TileReader& reader) {
  const uint32_t width = PartialTileWidth(level, size);
  const uint64_t index = FullTileCount(level, size);
  if (width == 0) return std::vector<Hash>();
  if (level == 0) return ReadWhole(reader, {.level = 0, .index = index}, width);
  std::vector<Hash> hashes;
  hashes.reserve(width);
  for (uint32_t i = 0; i < width; ++i) {
    const absl::StatusOr<std::vector<Hash>> child =
        ReadWhole(reader, {.level = level - 1, .index = index * kTileWidth + i}, kTileWidth);
    if (!child.ok()) return child.status();
    hashes.push_back(SubtreeRoot(*child));
  }
  return hashes;
}

}  // namespace

absl::StatusOr<Edge> Edge::FromTiles(TreeSize size, TileReader& reader) {
  if (size.value() > kMaxTreeSize) {
    return absl::InvalidArgumentError(absl::StrCat("tree size ", size.value(), " is above 2^63-1"));
  }
  Edge edge;
  edge.size_ = size;
  for (uint32_t tile_level = 0; tile_level < kTileLevels; ++tile_level) {
    absl::StatusOr<std::vector<Hash>> hashes = PartialHashes(tile_level, size, reader);
    if (!hashes.ok()) return hashes.status();
    const uint32_t base = tile_level * kTileHeight;
    edge.nodes_[base] = *std::move(hashes);
    for (uint32_t level = base + 1; level < base + kTileHeight; ++level) {
      const std::vector<Hash>& below = edge.nodes_[level - 1];
      for (size_t i = 0; i + 1 < below.size(); i += 2) {
        edge.nodes_[level].push_back(HashNode(below[i], below[i + 1]));
      }
    }
  }
  // Appending nothing computes the root.
  edge.Append({});
  return edge;
}

Extension Edge::Append(absl::Span<const Hash> leaf_hashes) {
  std::array<Hash, kLevels> compact;
  for (uint32_t level = 0; level < kLevels; ++level) {
    // Then the level's last node is in the partial tile: its index there is even, not past the end.
    if ((size_.value() >> level) % 2 == 1) compact[level] = nodes_[level].back();
  }
  Extension extension(LeafIndex(size_.value()), leaf_hashes, compact);
  extension.full_tiles_ = CompletedTiles(extension);
  Advance(extension);
  return extension;
}

void Edge::CopyNodes(NodeId first, const Extension& extension, absl::Span<Hash> out) const {
  const auto [level, begin] = first;
  const uint64_t first_new = size_.value() >> level;
  size_t done = 0;
  if (begin < first_new) {
    done = first_new - begin;
    std::copy_n(nodes_[level].begin() + (begin - PartialBegin(level, size_)), done, out.begin());
  }
  std::copy_n(&extension.Node({level, begin + done}), out.size() - done, out.begin() + done);
}

std::vector<FullTile> Edge::CompletedTiles(const Extension& extension) const {
  std::vector<FullTile> tiles;
  for (uint32_t level = 0; level < kTileLevels; ++level) {
    const uint64_t end = FullTileCount(level, extension.size());
    for (uint64_t index = FullTileCount(level, size_); index < end; ++index) {
      FullTile tile{.id = {.level = level, .index = index}, .hashes = {}, .inner = {}};
      tile.hashes.resize(kTileWidth);
      CopyNodes({level * kTileHeight, index * kTileWidth}, extension, absl::MakeSpan(tile.hashes));
      if (level == 0) {
        tile.inner.resize(kInnerCount);
        CopyNodes({kInnerLevel, index * kInnerCount}, extension, absl::MakeSpan(tile.inner));
      }
      tiles.push_back(std::move(tile));
    }
  }
  return tiles;
}

void Edge::Advance(const Extension& extension) {
  for (uint32_t level = 0; level < kLevels; ++level) {
    const uint64_t partial_begin = PartialBegin(level, extension.size());
    if (partial_begin != PartialBegin(level, size_)) nodes_[level].clear();
    const uint64_t end = extension.LevelEnd(level);
    const uint64_t begin = std::max(partial_begin, size_.value() >> level);
    if (begin == end) continue;
    const Hash* added = &extension.Node({level, begin});
    nodes_[level].insert(nodes_[level].end(), added, added + (end - begin));
  }
  size_ = extension.size();
  root_ = extension.root();
}

absl::Span<const Hash> Edge::PartialTile(uint32_t level) const {
  assert(level < kTileLevels);
  return nodes_[level * kTileHeight];
}

std::optional<Hash> Edge::Find(NodeId id) const {
  if (id.level >= kLevels) return std::nullopt;
  const uint64_t begin = PartialBegin(id.level, size_);
  const std::vector<Hash>& nodes = nodes_[id.level];
  if (id.index < begin || id.index - begin >= nodes.size()) return std::nullopt;
  return nodes[id.index - begin];
}

absl::Status EdgeNodeSource::Nodes(absl::Span<const NodeId> ids, absl::Span<Hash> out) {
  std::vector<NodeId> missing;
  std::vector<size_t> places;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (const std::optional<Hash> node = edge_.Find(ids[i])) {
      out[i] = *node;
    } else {
      missing.push_back(ids[i]);
      places.push_back(i);
    }
  }
  if (missing.empty()) return absl::OkStatus();
  std::vector<Hash> found(missing.size());
  if (absl::Status status = below_.Nodes(missing, absl::MakeSpan(found)); !status.ok()) {
    return status;
  }
  for (size_t i = 0; i < found.size(); ++i) out[places[i]] = found[i];
  return absl::OkStatus();
}

}  // namespace cairn::merkle
