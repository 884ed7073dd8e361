// The commit path without its threads: a test takes each step itself.

#ifndef CAIRN_LEDGER_TESTING_COMMIT_PATH_H_
#define CAIRN_LEDGER_TESTING_COMMIT_PATH_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/accept_clock.h"
#include "ledger/append_result.h"
#include "ledger/clock.h"
#include "ledger/hash_index.h"
#include "ledger/prepared.h"
#include "ledger/publisher.h"
#include "ledger/sequencer.h"
#include "ledger/store.h"
#include "ledger/submission.h"

namespace cairn::ledger {

class CommitPath {
 public:
  // As Log::Open. Borrows store and clock.
  static absl::StatusOr<std::unique_ptr<CommitPath>> Open(Store* store, const Clock* clock,
                                                          size_t max_recent_rows = 1000);

  // The steps of one commit, in this order; the next may be prepared meanwhile.
  absl::StatusOr<Prepared> Prepare(std::vector<std::vector<Submission>> batches);
  absl::Status Write(const Prepared& prepared);
  absl::StatusOr<std::shared_ptr<const View>> Publish(Prepared prepared);
  absl::Status Ingest() { return index_.Ingest(durable_); }

  // All steps for one statement; ends the test when one fails.
  ItemResult Run(Submission submission);

  std::shared_ptr<const View> Newest() const { return publisher_->Newest(); }
  HashIndex& index() { return index_; }

 private:
  CommitPath(Store* store, const Clock* clock, size_t max_recent_rows)
      : store_(store), clock_(clock), index_(store, max_recent_rows) {}

  Store* const store_;
  const AcceptClock clock_;
  HashIndex index_;
  TreeSize durable_;
  std::unique_ptr<Sequencer> sequencer_;
  std::unique_ptr<Publisher> publisher_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_TESTING_COMMIT_PATH_H_
