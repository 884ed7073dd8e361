#include "ledger/stored_tree.h"

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace cairn::ledger {

absl::StatusOr<std::vector<std::string>> ReadEntriesOfTree(Store* store, LeafIndex begin,
                                                           LeafIndex end) {
  absl::StatusOr<std::vector<std::string>> entries = store->ReadEntries(begin, end);
  if (absl::IsOutOfRange(entries.status()) ||
      (entries.ok() && entries->size() != end.value() - begin.value())) {
    return absl::DataLossError(absl::StrCat("entries [", begin.value(), ", ", end.value(),
                                            ") are in the tree but not all of them are stored"));
  }
  return entries;
}

absl::StatusOr<std::vector<Hash>> StoredTiles::ReadTile(merkle::TileId id, uint32_t width) {
  if (width == merkle::kTileWidth) return store_->ReadTile(id);
  const uint64_t begin = id.index * merkle::kTileWidth;
  const absl::StatusOr<std::vector<std::string>> entries =
      ReadEntriesOfTree(store_, LeafIndex(begin), LeafIndex(begin + width));
  if (!entries.ok()) return entries.status();
  std::vector<Hash> hashes;
  hashes.reserve(width);
  for (const std::string& entry : *entries) hashes.push_back(merkle::HashLeaf(entry));
  return hashes;
}

absl::StatusOr<std::vector<std::string>> ReadCheckedEntries(Store* store, const merkle::Edge& edge,
                                                            LeafIndex begin, LeafIndex end) {
  absl::StatusOr<std::vector<std::string>> entries = ReadEntriesOfTree(store, begin, end);
  if (!entries.ok() || entries->empty()) return entries;
  std::vector<merkle::NodeId> leaves(entries->size());
  for (size_t i = 0; i < leaves.size(); ++i) leaves[i] = {.level = 0, .index = begin.value() + i};
  std::vector<Hash> hashes(leaves.size());
  StoredTree tree(edge, store);
  if (absl::Status read = tree.Nodes(leaves, absl::MakeSpan(hashes)); !read.ok()) return read;
  for (size_t i = 0; i < leaves.size(); ++i) {
    if (merkle::HashLeaf((*entries)[i]) == hashes[i]) continue;
    return absl::DataLossError(absl::StrCat("entry ", leaves[i].index,
                                            " as stored does not have the hash that its leaf has"));
  }
  return entries;
}

}  // namespace cairn::ledger
