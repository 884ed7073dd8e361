#include "ledger/recent_table.h"

#include <algorithm>
#include <cstdint>

namespace cairn::ledger {
namespace {

// What decides of nearly all pairs which comes first.
uint64_t Beginning(const IndexTag& tag) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(value); ++i) value = value << 8 | tag[i];
  return value;
}

}  // namespace

void RecentTable::Add(const NewRow& row) {
  ++size_;
  if (!first_.try_emplace(row.tag, row.index).second) {
    more_[row.tag].push_back(row.index);
  } else if (!row.first) {
    continued_.insert(row.tag);
  }
}

void RecentTable::Find(const IndexTag& tag, std::vector<LeafIndex>& out) const {
  const auto first = first_.find(tag);
  if (first == first_.end()) return;
  out.push_back(first->second);
  if (const auto more = more_.find(tag); more != more_.end()) {
    out.insert(out.end(), more->second.begin(), more->second.end());
  }
}

std::vector<IndexRow> RecentTable::SortedRows() const {
  std::vector<IndexRow> rows;
  rows.reserve(size_);
  for (const auto& [tag, index] : first_) rows.push_back({tag, index});
  for (const auto& [tag, indexes] : more_) {
    for (const LeafIndex index : indexes) rows.push_back({tag, index});
  }
  std::sort(rows.begin(), rows.end(), [](const IndexRow& a, const IndexRow& b) {
    const uint64_t a_begins = Beginning(a.tag), b_begins = Beginning(b.tag);
    return a_begins != b_begins ? a_begins < b_begins : a < b;
  });
  return rows;
}

std::vector<IndexTag> RecentTable::ContinuedTags() const {
  return {continued_.begin(), continued_.end()};
}

}  // namespace cairn::ledger
