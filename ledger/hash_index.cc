#include "ledger/hash_index.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace cairn::ledger {

HashIndex::HashIndex(Store* store, size_t max_recent_rows)
    : store_(store), max_table_rows_(std::max<size_t>(1, max_recent_rows / 2)) {}

IndexTag HashIndex::TagOf(const Hash& certificate_hash) const {
  const std::array<uint8_t, 32>& salt = store_->identity().index_salt;
  char keyed[sizeof(salt) + Hash::kSize];
  std::memcpy(keyed, salt.data(), salt.size());
  std::memcpy(keyed + salt.size(), certificate_hash.bytes.data(), Hash::kSize);
  const Hash digest = merkle::Sha256(absl::string_view(keyed, sizeof(keyed)));
  IndexTag tag;
  std::copy_n(digest.bytes.begin(), tag.size(), tag.begin());
  return tag;
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

void HashIndex::Add(absl::Span<const IndexRow> rows, TreeSize end) {
  const std::lock_guard lock(mutex_);
  for (const IndexRow& row : rows) active_.Add(row);
  if (frozen_ != nullptr || active_.size() < max_table_rows_) return;
  frozen_ = std::make_shared<const RecentTable>(std::exchange(active_, RecentTable()));
  frozen_end_ = end;
}

bool HashIndex::full() const {
  const std::lock_guard lock(mutex_);
  return frozen_ != nullptr && active_.size() >= max_table_rows_;
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
  const absl::Status ingested =
      store_->IngestIndex(table->SortedRows(), LeafIndex(frozen_end_.value()));
  if (!ingested.ok()) return ingested;
  const std::lock_guard lock(mutex_);
  frozen_ = nullptr;
  return absl::OkStatus();
}

}  // namespace cairn::ledger
