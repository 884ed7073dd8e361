// A store that reports what its commits, look-ups and ingestions take: the ledger itself knows of
// no metrics. Commits slower than kSlowCommit are also logged, a line in kSlowCommitLines at most.
//
// Errors, threads: the store's.

#ifndef CAIRN_LEDGER_SERVER_MEASURED_STORE_H_
#define CAIRN_LEDGER_SERVER_MEASURED_STORE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/server/metrics.h"
#include "ledger/store.h"

namespace cairn::server {

inline constexpr std::chrono::milliseconds kSlowCommit(200);
inline constexpr std::chrono::seconds kSlowCommitLines(10);

class MeasuredStore final : public ledger::Store {
 public:
  // Borrows both.
  MeasuredStore(ledger::Store& store, Metrics& metrics) : store_(store), metrics_(metrics) {}

  absl::Status Write(const ledger::Commit& commit) override;
  absl::Status FindRows(absl::Span<const ledger::IndexTag> tags,
                        absl::Span<std::vector<LeafIndex>> out) override;
  absl::Status IngestIndex(absl::Span<const ledger::IndexRow> rows, LeafIndex watermark) override;

  const ledger::LogIdentity& identity() const override { return store_.identity(); }
  absl::StatusOr<ledger::TreeState> ReadState() override { return store_.ReadState(); }
  absl::StatusOr<std::vector<std::string>> ReadEntries(LeafIndex begin, LeafIndex end) override {
    return store_.ReadEntries(begin, end);
  }
  absl::Status ReadNodes(absl::Span<const merkle::NodeId> ids, absl::Span<Hash> out) override {
    return store_.ReadNodes(ids, out);
  }
  absl::StatusOr<std::vector<Hash>> ReadTile(merkle::TileId id) override {
    return store_.ReadTile(id);
  }
  absl::StatusOr<std::vector<LeafIndex>> CertifierEntries() override {
    return store_.CertifierEntries();
  }
  absl::StatusOr<LeafIndex> IndexWatermark() override { return store_.IndexWatermark(); }
  absl::Status RecordSigned(const ledger::TreeState& state) override {
    return store_.RecordSigned(state);
  }
  absl::StatusOr<std::optional<ledger::TreeState>> LastSigned() override {
    return store_.LastSigned();
  }
  absl::StatusOr<uint64_t> FreeSpaceBytes() override { return store_.FreeSpaceBytes(); }

 private:
  void ReportSlow(size_t entries, Metrics::Clock::duration took);

  ledger::Store& store_;
  Metrics& metrics_;
  // Of the committing thread.
  Metrics::Clock::time_point next_line_at_;
  uint64_t slow_since_ = 0;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_MEASURED_STORE_H_
