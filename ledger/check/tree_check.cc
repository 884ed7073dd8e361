#include "ledger/check/tree_check.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "merkle/proof.h"
#include "merkle/tile.h"

namespace cairn::ledger {
namespace {

using merkle::kTileHeight;
using merkle::kTileWidth;

// Of 2^k nodes of one level.
Hash RootOf(absl::Span<const Hash> nodes) {
  if (nodes.size() <= kTileWidth) return merkle::SubtreeRoot(nodes);
  const size_t half = nodes.size() / 2;
  return merkle::HashNode(RootOf(nodes.first(half)), RootOf(nodes.subspan(half)));
}

// The complete subtrees that a tree of `size` consists of, from full chunks and a border.
class ChunkNodes final : public merkle::NodeSource {
 public:
  ChunkNodes(TreeSize size, absl::Span<const CheckedChunk> chunks) : size_(size) {
    const uint64_t full = size.value() / kChunkEntries;
    for (const CheckedChunk& chunk : chunks.first(full)) chunks_.push_back(chunk.root);
    if (size.value() % kChunkEntries != 0) border_ = &chunks[full].borders.at(size);
  }

  absl::Status Nodes(absl::Span<const merkle::NodeId> ids, absl::Span<Hash> out) override {
    for (size_t i = 0; i < ids.size(); ++i) out[i] = Node(ids[i]);
    return absl::OkStatus();
  }

 private:
  Hash Node(merkle::NodeId id) const {
    if (id.level >= kChunkLevel) return Cut(chunks_, kChunkLevel, 0, id);
    const uint64_t chunk_begin = size_.value() / kChunkEntries * kChunkEntries;
    if (id.level >= kTileHeight) return Cut(border_->tiles, kTileHeight, chunk_begin, id);
    return Cut(border_->leaves, 0, size_.value() / kTileWidth * kTileWidth, id);
  }

  // `id` from the nodes of tree level `level` from leaf `begin` on.
  static Hash Cut(absl::Span<const Hash> nodes, uint32_t level, uint64_t begin, merkle::NodeId id) {
    const uint32_t height = id.level - level;
    return RootOf(nodes.subspan((id.index << height) - (begin >> level), size_t{1} << height));
  }

  const TreeSize size_;
  std::vector<Hash> chunks_;
  const ChunkBorder* border_ = nullptr;
};

// Compares the full tiles of a level with its nodes, and answers their roots.
absl::StatusOr<std::vector<Hash>> CheckLevel(CheckSource& source, uint32_t level,
                                             absl::Span<const Hash> nodes, Findings& findings) {
  std::vector<Hash> roots;
  const auto tiles = source.Tiles({level, 0}, merkle::TileId{level + 1, 0});
  std::optional<StoredTile> stored;
  for (uint64_t index = 0; index < nodes.size() / kTileWidth; ++index) {
    const merkle::TileId id{level, index};
    if (index == 0 || (stored.has_value() && stored->id < id)) {
      absl::StatusOr<std::optional<StoredTile>> next = tiles->Next();
      if (!next.ok()) return next.status();
      stored = *next;
    }
    const bool there = stored.has_value() && stored->id == id;
    roots.push_back(CheckTile(id, nodes.subspan(index * kTileWidth, kTileWidth),
                              there ? stored : std::nullopt, findings));
  }
  return roots;
}

absl::Status CheckNoTiles(CheckSource& source, merkle::TileId begin,
                          std::optional<merkle::TileId> end, TreeSize size, Findings& findings) {
  const absl::StatusOr<std::optional<StoredTile>> extra = source.Tiles(begin, end)->Next();
  if (absl::IsDataLoss(extra.status())) {
    findings.Add(Part::kTiles, LeafIndex(size.value()), std::string(extra.status().message()));
    return absl::OkStatus();
  }
  if (!extra.ok()) return extra.status();
  if (extra->has_value()) {
    findings.Add(
        Part::kTiles, LeafIndex(size.value()),
        absl::StrCat("tile ", (*extra)->id.index, " of level ", (*extra)->id.level,
                     " is stored, but a tree of ", size.value(), " entries has no such full tile"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Hash> RootOfEntries(TreeSize size, absl::Span<const CheckedChunk> chunks) {
  ChunkNodes nodes(size, chunks);
  return merkle::Root(size, nodes);
}

absl::Status CheckUpperTiles(CheckSource& source, TreeSize size,
                             absl::Span<const CheckedChunk> chunks, Findings& findings) {
  std::vector<Hash> nodes;
  for (const CheckedChunk& chunk : chunks.first(size.value() / kChunkEntries)) {
    nodes.push_back(chunk.root);
  }
  for (uint32_t level = 2; level < merkle::kTileLevels && nodes.size() >= kTileWidth; ++level) {
    absl::StatusOr<std::vector<Hash>> roots = CheckLevel(source, level, nodes, findings);
    if (absl::IsDataLoss(roots.status())) {
      findings.Add(Part::kUpperTiles, LeafIndex(0),
                   absl::StrCat("tiles of level ", level, ": ", roots.status().message()));
      return absl::OkStatus();
    }
    if (!roots.ok()) return roots.status();
    nodes = *std::move(roots);
  }
  return absl::OkStatus();
}

absl::Status CheckNothingBeyond(CheckSource& source, TreeSize size, Findings& findings) {
  const absl::StatusOr<std::optional<StoredRun>> extra =
      source.Runs(LeafIndex(size.value()), std::nullopt)->Next();
  if (absl::IsDataLoss(extra.status())) {
    findings.Add(Part::kEntries, LeafIndex(size.value()), std::string(extra.status().message()));
  } else if (!extra.ok()) {
    return extra.status();
  } else if (extra->has_value()) {
    findings.Add(Part::kEntries, (*extra)->first,
                 absl::StrCat("a run at ", (*extra)->first.value(),
                              " is stored, but the tree ends at ", size.value()));
  }
  for (uint32_t level = 0; level < merkle::kTileLevels; ++level) {
    const merkle::TileId begin{level, merkle::FullTileCount(level, size)};
    const absl::Status none =
        CheckNoTiles(source, begin, merkle::TileId{level + 1, 0}, size, findings);
    if (!none.ok()) return none;
  }
  return CheckNoTiles(source, {merkle::kTileLevels, 0}, std::nullopt, size, findings);
}

}  // namespace cairn::ledger
