// Reads of a signed tree: proofs, entries, look-ups by certificate hash.
//
// What is checked before it is returned; a failed check is kDataLoss:
//   proofs     verified as a client does. At the view's size, against its signed root. A root at a
//              smaller size is computed from stored nodes, and tied to the signed root by a
//              consistency proof that is verified too. Proofs of entries of the view's own commit
//              come from memory and are not verified again.
//   tiles      not: who asks for a tile makes proofs of it and verifies those.
//   entries    each against the leaf hash in its tile; one that is proved, by its proof.
//   look-ups   found entries as above, then certificate hash and certifier against what was asked.
// Errors, besides those of each call (see ledger/log.h): the store's.
// Threads: all calls from any.

#ifndef CAIRN_LEDGER_READER_H_
#define CAIRN_LEDGER_READER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/hash_index.h"
#include "ledger/store.h"
#include "ledger/view.h"
#include "merkle/hash.h"
#include "merkle/proof_bytes.h"
#include "merkle/tile_path.h"
#include "merkle/types.h"

namespace cairn::ledger {

class Reader {
 public:
  // Borrows both.
  Reader(Store* store, HashIndex* index) : store_(store), index_(index) {}

  absl::StatusOr<ProvenEntry> Prove(const View& view, LeafIndex index, TreeSize size) const;
  absl::StatusOr<merkle::Proof> ConsistencyProof(const View& view, TreeSize old_size,
                                                 TreeSize new_size) const;
  absl::StatusOr<std::vector<std::string>> ReadEntries(const View& view, LeafIndex begin,
                                                       LeafIndex end, size_t max_bytes) const;
  absl::StatusOr<std::vector<Hash>> ReadTile(const View& view, const merkle::TileSlice& tile) const;
  absl::StatusOr<FoundStatements> Find(const View& view, const Hash& certificate_hash,
                                       const std::optional<std::string>& certifier, TreeSize size,
                                       LeafIndex from, size_t limit) const;

 private:
  Store* const store_;
  HashIndex* const index_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_READER_H_
