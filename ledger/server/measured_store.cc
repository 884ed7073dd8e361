#include "ledger/server/measured_store.h"

#include "absl/strings/str_cat.h"
#include "witness/server/logger.h"

namespace cairn::server {

absl::Status MeasuredStore::Write(const ledger::Commit& commit) {
  size_t bytes = 0;
  for (const std::string& entry : commit.entries) bytes += entry.size();
  const auto begun = Metrics::Clock::now();
  absl::Status written = store_.Write(commit);
  const Metrics::Clock::duration took = Metrics::Clock::now() - begun;
  metrics_.Committed(commit.entries.size(), bytes, took);
  if (took >= kSlowCommit) ReportSlow(commit.entries.size(), took);
  return written;
}

void MeasuredStore::ReportSlow(size_t entries, Metrics::Clock::duration took) {
  ++slow_since_;
  const Metrics::Clock::time_point now = Metrics::Clock::now();
  if (now < next_line_at_) return;
  using std::chrono::milliseconds;
  LogWarning("a commit was slow",
             {{"took_ms", absl::StrCat(std::chrono::duration_cast<milliseconds>(took).count())},
              {"entries", absl::StrCat(entries)},
              {"slow_commits_since_last_line", absl::StrCat(slow_since_)}});
  next_line_at_ = now + kSlowCommitLines;
  slow_since_ = 0;
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
