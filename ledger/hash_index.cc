#include "ledger/hash_index.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "ledger/index_tag.h"

namespace cairn::ledger {
namespace {

// Looked up at a time while a table is ingested.
constexpr size_t kLookUpTags = 4096;

}  // namespace

HashIndex::HashIndex(Store* store, size_t max_recent_rows)
    : store_(store),
      max_table_rows_(std::max<size_t>(1, max_recent_rows / 2)),
      active_(max_table_rows_) {}

IndexTag HashIndex::TagOf(const Hash& certificate_hash) const {
  return MakeIndexTag(store_->identity().index_salt, certificate_hash.view());
}

absl::Status HashIndex::Find(absl::Span<const IndexTag> tags,
                             absl::Span<std::vector<LeafIndex>> out) {
  assert(tags.size() == out.size());
  // The store first, then memory, would miss rows that are ingested in between. This way round they
  // are found twice at the worst.
  std::vector<std::vector<LeafIndex>> recent(tags.size());
  {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < tags.size(); ++i) {
      if (frozen_ != nullptr) frozen_->Find(tags[i], recent[i]);
      active_.Find(tags[i], recent[i]);
    }
  }
  if (absl::Status found = store_->FindRows(tags, out); !found.ok()) return found;
  for (size_t i = 0; i < tags.size(); ++i) {
    if (recent[i].empty()) continue;
    out[i].insert(out[i].end(), recent[i].begin(), recent[i].end());
    std::sort(out[i].begin(), out[i].end());
    out[i].erase(std::unique(out[i].begin(), out[i].end()), out[i].end());
  }
  return absl::OkStatus();
}

void HashIndex::Add(absl::Span<const NewRow> rows, TreeSize end) {
  const std::lock_guard lock(mutex_);
  for (const NewRow& row : rows) active_.Add(row);
  if (frozen_ != nullptr || active_.size() < max_table_rows_) return;
  frozen_ =
      std::make_shared<const RecentTable>(std::exchange(active_, RecentTable(max_table_rows_)));
  frozen_end_ = end;
}

bool HashIndex::full() const {
  const std::lock_guard lock(mutex_);
  return frozen_ != nullptr && active_.size() >= max_table_rows_;
}

// The table's rows, and for its tags those that the store has already: there each tag is one row.
absl::StatusOr<std::vector<IndexRow>> HashIndex::WholeRows(const RecentTable& table) {
  std::vector<IndexRow> rows = table.SortedRows();
  const std::vector<IndexTag> tags = table.ContinuedTags();
  if (tags.empty()) return rows;
  std::vector<std::vector<LeafIndex>> stored(kLookUpTags);
  for (size_t begin = 0; begin < tags.size(); begin += kLookUpTags) {
    const auto some = absl::MakeConstSpan(tags).subspan(begin, kLookUpTags);
    const absl::Status found = store_->FindRows(some, absl::MakeSpan(stored).first(some.size()));
    if (!found.ok()) return found;
    for (size_t i = 0; i < some.size(); ++i) {
      for (const LeafIndex index : stored[i]) rows.push_back({some[i], index});
    }
  }
  std::sort(rows.begin(), rows.end());
  // After a crash, what is replayed may be stored.
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

size_t HashIndex::recent_rows() const {
  const std::lock_guard lock(mutex_);
  return active_.size() + (frozen_ == nullptr ? 0 : frozen_->size());
}

absl::Status HashIndex::Ingest(TreeSize durable) {
  std::shared_ptr<const RecentTable> table;
  {
    const std::lock_guard lock(mutex_);
    // The watermark must not pass what is durable: a crash would leave rows of entries that are
    // not there, and other entries would get their indexes.
    if (frozen_ == nullptr || frozen_end_ > durable) return absl::OkStatus();
    table = frozen_;
  }
  // frozen_end_ stays while frozen_ is set, and this is the only thread that clears it.
  const absl::StatusOr<std::vector<IndexRow>> rows = WholeRows(*table);
  if (!rows.ok()) return rows.status();
  const absl::Status ingested = store_->IngestIndex(*rows, LeafIndex(frozen_end_.value()));
  if (!ingested.ok()) return ingested;
  const std::lock_guard lock(mutex_);
  frozen_ = nullptr;
  return absl::OkStatus();
}

}  // namespace cairn::ledger
