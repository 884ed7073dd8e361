// Gives entries their place: deduplicates, assigns indexes and one time a commit, and extends the
// tree. Makes commits, writes nothing, signs nothing, starts no thread, so that a test can drive it
// step by step.
//
// Each commit continues the one prepared before, durable or not: what Prepare returned must be
// written in that order, and after a failed write this object is of no more use.
// Errors: see Prepare.
// Threads: for one at a time.

#ifndef CAIRN_LEDGER_SEQUENCER_H_
#define CAIRN_LEDGER_SEQUENCER_H_

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/accept_clock.h"
#include "ledger/dedup.h"
#include "ledger/hash_index.h"
#include "ledger/prepared.h"
#include "ledger/recovery.h"
#include "ledger/store.h"
#include "merkle/edge.h"
#include "merkle/entry/certifiers.h"
#include "merkle/types.h"

namespace cairn::ledger {

class Sequencer {
 public:
  // Continues the recovered tree. Borrows the rest, which agrees with it.
  Sequencer(Store* store, const AcceptClock* clock, HashIndex* index, const Recovered& start);

  // Makes one commit of all batches, in their order. `durable` is a size that is durable by now;
  // calls never lower it. The answers may be given out once everything prepared so far is durable.
  // On error nothing was taken and `batches` holds all that it did:
  //   kFailedPrecondition: the wall clock ran away; kDataLoss: a stored entry is damaged; otherwise
  //   the store's error.
  absl::StatusOr<Prepared> Prepare(std::vector<Batch>& batches, TreeSize durable);

 private:
  // What was appended and is perhaps not durable yet, kept to compare with.
  struct InFlight {
    LeafIndex first;
    std::vector<Batch> batches;        // own the submissions
    std::vector<Submission*> by_leaf;  // from `first` on; their encodings are with the commit
    merkle::Edge edge;                 // after it
  };
  struct Draft;

  void ForgetDurable(TreeSize durable);
  absl::StatusOr<Draft> Begin(absl::Span<const Batch> batches);
  absl::StatusOr<ItemResult> Place(Submission& submission, Draft& draft);
  absl::StatusOr<std::optional<ItemResult>> Deduplicate(const Submission& submission,
                                                        const entry::Statement& statement,
                                                        Draft& draft);
  absl::StatusOr<entry::Statement> Look(LeafIndex index, const Draft& draft) const;
  ItemResult Append(Submission& submission, Draft& draft);
  NewTree Finish(Draft draft);

  Store* const store_;
  const AcceptClock* const clock_;
  HashIndex* const index_;

  merkle::Edge edge_;
  // Of what is durable for sure: what is stored below it is checked against this one. `edge_` runs
  // ahead and has handed tiles on that are not stored yet.
  merkle::Edge durable_edge_;
  uint64_t last_accepted_at_ms_;
  std::shared_ptr<const entry::CertifierRegistry> certifiers_;
  std::deque<InFlight> in_flight_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_SEQUENCER_H_
