// Reads of the tree as it is stored, joined with the edge that is in memory.

#ifndef CAIRN_LEDGER_STORED_TREE_H_
#define CAIRN_LEDGER_STORED_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/store.h"
#include "merkle/edge.h"
#include "merkle/hash.h"
#include "merkle/proof.h"
#include "merkle/tile.h"
#include "merkle/tile_source.h"
#include "merkle/types.h"

namespace cairn::ledger {

// The nodes of a tree: from its edge, or from full tiles in the store. Borrows both.
class StoredTree final : public merkle::NodeSource {
 public:
  StoredTree(const merkle::Edge& edge, Store* store) : below_(store), nodes_(edge, below_) {}

  absl::Status Nodes(absl::Span<const merkle::NodeId> ids, absl::Span<Hash> out) override {
    return nodes_.Nodes(ids, out);
  }

 private:
  class FullTiles final : public merkle::NodeSource {
   public:
    explicit FullTiles(Store* store) : store_(store) {}
    absl::Status Nodes(absl::Span<const merkle::NodeId> ids, absl::Span<Hash> out) override {
      return store_->ReadNodes(ids, out);
    }

   private:
    Store* const store_;
  };

  FullTiles below_;
  merkle::EdgeNodeSource nodes_;
};

// The tiles of a tree where no edge is known yet: full ones from the store; the partial one of
// level 0 from the entries themselves. No other is asked for. Borrows the store.
class StoredTiles final : public merkle::TileReader {
 public:
  explicit StoredTiles(Store* store) : store_(store) {}

  absl::StatusOr<std::vector<Hash>> ReadTile(merkle::TileId id, uint32_t width) override;

 private:
  Store* const store_;
};

// Entries [begin, end), which are in the tree: kDataLoss when one is missing.
absl::StatusOr<std::vector<std::string>> ReadEntriesOfTree(Store* store, LeafIndex begin,
                                                           LeafIndex end);

// Entries [begin, end) of the tree with this edge, each compared with its leaf hash. kDataLoss when
// one differs or is missing. The caller bounds the range and keeps it within the tree.
absl::StatusOr<std::vector<std::string>> ReadCheckedEntries(Store* store, const merkle::Edge& edge,
                                                            LeafIndex begin, LeafIndex end);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_STORED_TREE_H_
