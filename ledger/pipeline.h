// The threads of the commit path: sequencer, committer, answerer, and the indexer beside them.
//
//   Append -> intake -> sequencer -> committer (one synced write) -> answerer (signs, answers)
// One commit is written while the next is prepared; batches that come meanwhile share the one
// after. Nothing waits for a timer: an idle log answers after one write.
//
// Invariants:
//   - A commit is signed, and anything about it answered, only after Store::Write returned OK for
//     it and all before it: the three threads hand over in order.
//   - After the first failure, or damage, nothing is begun to be written, signed or answered OK any
//     more; a commit that is being signed when a read finds damage is still answered.
// Threads: all calls from any, but for the callbacks' own limits in ledger/log.h.

#ifndef CAIRN_LEDGER_PIPELINE_H_
#define CAIRN_LEDGER_PIPELINE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "ledger/accept_clock.h"
#include "ledger/channel.h"
#include "ledger/hash_index.h"
#include "ledger/indexer.h"
#include "ledger/intake.h"
#include "ledger/listeners.h"
#include "ledger/log_stats.h"
#include "ledger/prepared.h"
#include "ledger/publisher.h"
#include "ledger/recovery.h"
#include "ledger/sequencer.h"
#include "ledger/store.h"

namespace cairn::ledger {

struct PipelineOptions {
  Load max_queued;
  Load max_commit;
  uint64_t free_space_reserve_bytes = 0;
  // As LogOptions::on_fatal.
  std::function<void(const absl::Status&)> on_fatal;
};

class Pipeline {
 public:
  // Borrows all pointers.
  Pipeline(PipelineOptions options, Store* store, const AcceptClock* clock, HashIndex* index,
           Publisher* publisher, const Listeners* listeners, const Recovered& start);
  ~Pipeline() { Stop(); }

  // As Log::Append.
  Ticket Append(Batch batch);

  // As Log::Withdraw.
  void Withdraw(Ticket ticket);

  // Stops writing and signing: stored bytes contradict themselves, or somebody knows another
  // history.
  void StopSigning(const absl::Status& damage);

  // OK, or why the pipeline halted.
  absl::Status halted() const;

  // kResourceExhausted when less than the reserve is free.
  absl::Status CheckFreeSpace() const;

  // As Log::stats.
  LogStats stats() const;

  // As Log::Stop.
  void Stop();

 private:
  absl::Status CheckSize(const Batch& batch) const;
  void RunSequencer();
  void RunCommitter();
  void RunAnswerer();
  void Answer(Prepared prepared);
  void Halt(const absl::Status& reason, bool fatal);
  // What the batches get that wait when the pipeline halts, and those that come later.
  absl::Status Refusal() const;

  const PipelineOptions options_;
  Store* const store_;
  Publisher* const publisher_;
  const Listeners* const listeners_;

  mutable std::mutex mutex_;  // guards the next two
  absl::Status halted_;
  bool fatal_ = false;
  std::mutex stop_mutex_;

  std::atomic<uint64_t> durable_;
  std::atomic<uint64_t> refused_by_disk_{0};
  std::atomic<uint64_t> refused_by_clock_{0};
  Sequencer sequencer_;  // the sequencer thread's alone
  Intake intake_;
  Indexer indexer_;
  Channel<Prepared> to_committer_;
  Channel<Prepared> to_answerer_;
  // Last: they start with everything else in place.
  std::vector<std::thread> threads_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_PIPELINE_H_
