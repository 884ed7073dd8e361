// Rows of the index that are not ingested yet, in memory.
//
// Cost: 29 to 57 bytes a row; least where rows are 7/8 of a power of two.
// Threads: const calls may run side by side.

#ifndef CAIRN_LEDGER_RECENT_TABLE_H_
#define CAIRN_LEDGER_RECENT_TABLE_H_

#include <cstddef>
#include <cstring>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "ledger/store.h"
#include "merkle/types.h"

namespace cairn::ledger {

// A row as it comes to be.
struct NewRow {
  IndexTag tag;
  LeafIndex index;
  // Nothing stands under the tag before it, in memory or in the store. False also where that is not
  // known, which costs a look-up later.
  bool first = false;
};

class RecentTable {
 public:
  // Room for `rows` tags from the start: growing would stall whoever adds.
  explicit RecentTable(size_t rows) { first_.reserve(rows); }

  // No row is added twice.
  void Add(const NewRow& row);

  // Appends the indexes under `tag` to `out`, in the order they were added.
  void Find(const IndexTag& tag, std::vector<LeafIndex>& out) const;

  // By (tag, index).
  std::vector<IndexRow> SortedRows() const;

  // The tags under which there may be rows before those of this table, each once.
  std::vector<IndexTag> ContinuedTags() const;

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
  absl::flat_hash_set<IndexTag, TagHash> continued_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_RECENT_TABLE_H_
