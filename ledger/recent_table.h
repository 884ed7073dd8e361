// Rows of the index that are not ingested yet, in memory.
//
// Cost: about 50 bytes a row.
// Threads: const calls may run side by side.

#ifndef CAIRN_LEDGER_RECENT_TABLE_H_
#define CAIRN_LEDGER_RECENT_TABLE_H_

#include <cstddef>
#include <cstring>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "ledger/store.h"
#include "merkle/types.h"

namespace cairn::ledger {

class RecentTable {
 public:
  // No row is added twice.
  void Add(const IndexRow& row);

  // Appends the indexes under `tag` to `out`, in the order they were added.
  void Find(const IndexTag& tag, std::vector<LeafIndex>& out) const;

  // By (tag, index).
  std::vector<IndexRow> SortedRows() const;

  size_t size() const { return size_; }

 private:
  // Tags are keyed hashes already.
  struct TagHash {
    size_t operator()(const IndexTag& tag) const {
      size_t value;
      std::memcpy(&value, tag.data(), sizeof(value));
      return value;
    }
  };

  size_t size_ = 0;
  // Nearly all tags have one index; the others have the rest of theirs in `more_`.
  absl::flat_hash_map<IndexTag, LeafIndex, TagHash> first_;
  absl::flat_hash_map<IndexTag, std::vector<LeafIndex>, TagHash> more_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_RECENT_TABLE_H_
