// A log: takes statements in, makes them durable in batches, signs the tree, answers.
//
// The life of an entry (ARCHITECTURE.md has the picture):
//   Append() -> queue -> sequencer -> committer (one synced write) -> signer and answerer.
// While one commit is being synced the next is prepared; nothing is answered or signed before its
// commit is synced.
//
// Errors: see AppendResult and the reading calls. A failed commit is fatal: the log refuses
// everything from then on and calls Options::on_fatal.
// Threads: every call may come from any thread. Callbacks run on the log's answering thread (for a
// refusal, on another of its threads or inline), must not block, and must not stop the log.
// Ownership: store, clock and signer outlive the log.

#ifndef CAIRN_LEDGER_LOG_H_
#define CAIRN_LEDGER_LOG_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/append_result.h"
#include "ledger/clock.h"
#include "ledger/log_stats.h"
#include "ledger/store.h"
#include "ledger/submission.h"
#include "ledger/view.h"
#include "merkle/entry/certifiers.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/proof.h"
#include "merkle/tile_path.h"

namespace cairn::ledger {

struct LogOptions {
  // Append() answers kResourceExhausted beyond either.
  size_t max_queued_entries = 65'536;
  size_t max_queued_bytes = 64u << 20;
  // What one commit takes at the most. A batch is never split, so no batch may exceed it.
  size_t max_commit_entries = 4'096;
  size_t max_commit_bytes = 1u << 20;
  // Appends are refused (kResourceExhausted) before sequencing when less is free.
  uint64_t free_space_reserve_bytes = 256u << 20;
  // Rows of the index in memory, in two tables; one that is full is sorted and ingested. Half of
  // them fills, with a commit to spare, a hash table of 2^19 places, which is 13 MB.
  size_t max_recent_rows = 900'000;
  // What clocks outside say of the time that an entry would be given (AcceptClock::CheckTime):
  // kFailedPrecondition refuses appends as a jump of the clock does, true lets them go on after
  // one. Called from any thread, for each commit. Empty: there are none.
  std::function<absl::StatusOr<bool>(uint64_t at_ms)> check_time;
  // Called once, after the log has refused all that waited, on the log's answering thread: it must
  // not call Stop() or destroy the log. Not called for damage found on read: reads go on then.
  std::function<void(const absl::Status&)> on_fatal;
};

class Log {
 public:
  // Recovers the tree from the store and checks it: edge against state, state against the last
  // signed checkpoint. kDataLoss when they disagree; kFailedPrecondition when the store belongs to
  // another origin or key.
  static absl::StatusOr<std::unique_ptr<Log>> Open(const LogOptions& options, Store* store,
                                                   const Clock* clock,
                                                   const note::CheckpointSigner* signer);
  // Stops as Stop() does.
  virtual ~Log() = default;

  // One batch: all of it in one commit, new entries at consecutive indexes in the order given.
  // `done` is called exactly once. kNone: it was refused.
  virtual Ticket Append(std::vector<Submission> batch, AppendCallback done) = 0;

  // Nobody waits for this batch any more. If it is not sequenced yet, it is not appended, its place
  // in the queue is free, and `done` is called inline with kCancelled; else all goes on.
  virtual void Withdraw(Ticket ticket) = 0;

  // The newest signed tree. Never null; never older than any answer already given.
  virtual std::shared_ptr<const View> Newest() const = 0;

  // Reading. `view` bounds what is seen. All proofs are verified before they are returned;
  // kDataLoss marks the log damaged (healthy() turns into the reason), other reads go on.
  //
  // An entry with its proof at `size`. kOutOfRange when !(index < size <= view.size()).
  virtual absl::StatusOr<ProvenEntry> Prove(const View& view, LeafIndex index, TreeSize size) = 0;
  // kInvalidArgument when old_size is 0 or above new_size; kOutOfRange when new_size is above the
  // view's.
  virtual absl::StatusOr<merkle::Proof> ConsistencyProof(const View& view, TreeSize old_size,
                                                         TreeSize new_size) = 0;
  // Entries [begin, end), encoded; stops early, after at least one, once they exceed `max_bytes`.
  // kInvalidArgument when begin > end, kOutOfRange when end is above the view's size.
  virtual absl::StatusOr<std::vector<std::string>> ReadEntries(const View& view, LeafIndex begin,
                                                               LeafIndex end, size_t max_bytes) = 0;
  // The hashes of a tile, or the first of them. kOutOfRange when the view's tree does not have
  // them.
  virtual absl::StatusOr<std::vector<Hash>> ReadTile(const View& view,
                                                     const merkle::TileSlice& tile) = 0;
  // Statements on `certificate_hash` at or after `from` and below `size`, of one certifier or of
  // all, with their proofs at `size`; at most `limit`. Requires size <= view.size().
  virtual absl::StatusOr<FoundStatements> Find(const View& view, const Hash& certificate_hash,
                                               const std::optional<std::string>& certifier,
                                               TreeSize size, LeafIndex from, size_t limit) = 0;

  // Signs and takes nothing more, for a reason found outside, such as a witness that knows another
  // history. Reads go on.
  virtual void Halt(const absl::Status& why) = 0;

  // Called after each commit with the new view, on the answering thread. Returns a handle;
  // destroying it ends the subscription, after which no call is running or will come; it is not
  // destroyed from inside the listener. It may outlive the log.
  using Listener = std::function<void(const std::shared_ptr<const View>&)>;
  virtual std::shared_ptr<void> Subscribe(Listener listener) = 0;

  // OK while appends can be taken; else why not.
  virtual absl::Status healthy() const = 0;

  // Takes a short lock that appends also take.
  virtual LogStats stats() const = 0;

  // Takes no more, finishes and answers what was queued, syncs, ends the threads. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_LOG_H_
