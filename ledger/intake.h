// The queue of batches that wait to be sequenced, bounded in entries and bytes.
//
// Threads: Take from one; the other calls from any.

#ifndef CAIRN_LEDGER_INTAKE_H_
#define CAIRN_LEDGER_INTAKE_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
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
  absl::Status Push(Batch& batch);

  // Waits for a batch, then takes as many as fit `max`, in their order and none in part. Requires
  // that each fits. Empty: closed, and everything was taken.
  std::vector<Batch> Take(Load max);

  // From now on Push refuses.
  void Close();

  // What waits, and what was refused because the queue was full.
  void AddTo(LogStats& stats) const;

 private:
  const Load max_queued_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Batch> batches_;
  Load queued_;
  uint64_t refused_entries_ = 0;
  bool closed_ = false;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_INTAKE_H_
