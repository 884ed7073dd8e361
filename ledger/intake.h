// The queue of batches that wait to be sequenced, bounded in entries and bytes.
//
// Threads: Take from one; the other calls from any.

#ifndef CAIRN_LEDGER_INTAKE_H_
#define CAIRN_LEDGER_INTAKE_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/append_result.h"
#include "ledger/log_stats.h"
#include "ledger/prepared.h"

namespace cairn::ledger {

// How much of something: entries, and bytes.
struct Load {
  size_t entries = 0;
  size_t bytes = 0;
};

class Intake {
 public:
  explicit Intake(Load max_queued) : max_queued_(max_queued) {}

  // Takes `batch` on OK only. kResourceExhausted: full; kUnavailable: closed.
  absl::StatusOr<Ticket> Push(Batch& batch);

  // Gives back a batch that was not taken yet; its place is free at once. nullopt: it was.
  std::optional<Batch> Withdraw(Ticket ticket);

  // Waits for a batch, then takes as many as fit `max`, in their order and none in part. Requires
  // that each fits. Empty: closed, and everything was taken.
  std::vector<Batch> Take(Load max);

  // From now on Push refuses.
  void Close();

  // What waits, what was refused because the queue was full, and what was withdrawn.
  void AddTo(LogStats& stats) const;

 private:
  const Load max_queued_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::map<Ticket, Batch> batches_;  // Tickets rise.
  uint64_t last_ticket_ = 0;
  Load queued_;
  uint64_t refused_entries_ = 0;
  uint64_t withdrawn_entries_ = 0;
  bool closed_ = false;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_INTAKE_H_
