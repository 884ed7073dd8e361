#include "ledger/server/measured_store.h"

namespace cairn::server {

absl::Status MeasuredStore::Write(const ledger::Commit& commit) {
  size_t bytes = 0;
  for (const std::string& entry : commit.entries) bytes += entry.size();
  const auto begun = Metrics::Clock::now();
  absl::Status written = store_.Write(commit);
  metrics_.Committed(commit.entries.size(), bytes, Metrics::Clock::now() - begun);
  return written;
}

absl::Status MeasuredStore::FindRows(absl::Span<const ledger::IndexTag> tags,
                                     absl::Span<std::vector<LeafIndex>> out) {
  const auto begun = Metrics::Clock::now();
  absl::Status found = store_.FindRows(tags, out);
  metrics_.LookedUp(tags.size(), Metrics::Clock::now() - begun);
  return found;
}

absl::Status MeasuredStore::IngestIndex(absl::Span<const ledger::IndexRow> rows,
                                        LeafIndex watermark) {
  const auto begun = Metrics::Clock::now();
  absl::Status ingested = store_.IngestIndex(rows, watermark);
  metrics_.Ingested(rows.size(), Metrics::Clock::now() - begun);
  return ingested;
}

}  // namespace cairn::server
