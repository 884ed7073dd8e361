// From a certificate hash to the indexes of the statements on it.
//
// Shape: the newest rows are in two tables in memory, the others in the store. New rows go into the
//   first table; when that holds half of what may be in memory, it is frozen, and ingested into the
//   store once all of its entries are durable, while a new one takes its place. Nothing is synced
//   for the index: rows that a crash takes are replayed from the entries above the watermark.
// A tag may be shared by chance: callers compare the entries in full.
// Errors: the store's.
// Threads: Find from any; Add from one, Ingest from one (which may be another).

#ifndef CAIRN_LEDGER_HASH_INDEX_H_
#define CAIRN_LEDGER_HASH_INDEX_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/recent_table.h"
#include "ledger/store.h"
#include "merkle/hash.h"
#include "merkle/types.h"

namespace cairn::ledger {

class HashIndex {
 public:
  // Borrows the store. In memory are at most `max_recent_rows` rows and those of one Add.
  HashIndex(Store* store, size_t max_recent_rows);

  IndexTag TagOf(const Hash& certificate_hash) const;

  // out[i] gets all indexes under tags[i], rising. Requires tags.size() == out.size().
  absl::Status Find(absl::Span<const IndexTag> tags, absl::Span<std::vector<LeafIndex>> out);

  // Adds the rows of the entries that lead to size `end`. They need not be durable yet. Call it
  // with each new size, also where there are no rows, and not while full().
  void Add(absl::Span<const NewRow> rows, TreeSize end);

  // No room for more before Ingest has done its work.
  bool full() const;

  // Rows in memory.
  size_t recent_rows() const;

  // Moves the frozen table into the store when its entries are durable; else does nothing.
  absl::Status Ingest(TreeSize durable);

 private:
  absl::StatusOr<std::vector<IndexRow>> WholeRows(const RecentTable& table);

  Store* const store_;
  const size_t max_table_rows_;

  mutable std::mutex mutex_;
  RecentTable active_;
  // Rows of entries below `frozen_end_`; null when all such are ingested.
  std::shared_ptr<const RecentTable> frozen_;
  TreeSize frozen_end_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_HASH_INDEX_H_
