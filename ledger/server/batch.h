// One batch of AppendStream: from its message to submissions, and from the log's result to the
// answer.
//
// A fault of one statement is that statement's exception; the others go on. What concerns the batch
// as a whole (its size, its one signature, a limit) refuses all of it.
// Threads: any; a Batch is used by one thread at a time.

#ifndef CAIRN_LEDGER_SERVER_BATCH_H_
#define CAIRN_LEDGER_SERVER_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "ledger/log.h"
#include "ledger/server/context.h"
#include "proto/log.pb.h"

namespace cairn::server {

class Batch {
 public:
  // Reads and authenticates a request, and checks it against the limits. Whatever is wrong with it
  // ends up in the answer.
  Batch(const Context& context, const Caller& caller, v1::AppendStreamRequest request);

  // What goes to the log; empty when there is nothing to append, and then Answer() takes a result
  // with the newest view and no items. Call once.
  std::vector<ledger::Submission> TakeSubmissions() { return std::move(submissions_); }

  // Whether Answer() will need the disk.
  bool AnswerReadsDisk(const ledger::AppendResult& result) const;
  // Charges the new entries to their certifiers, and counts all. Call once.
  v1::AppendStreamResponse Answer(const Context& context, const ledger::AppendResult& result) const;

 private:
  absl::Status Prepare(const Context& context, const Caller& caller,
                       v1::AppendStreamRequest request);
  void AdmitEach(const Context& context, const Caller& caller, v1::AppendStreamRequest request);
  absl::Status CheckLimits(const Context& context);
  void Charge(const Context& context, const ledger::AppendResult& result) const;
  void Count(const Context& context, const ledger::AppendResult& result) const;
  absl::Status FillItems(ledger::Log& log, const ledger::AppendResult& result,
                         v1::AppendStreamResponse& out) const;

  const Metrics::Clock::time_point begun_ = Metrics::Clock::now();
  const uint64_t id_;
  const bool want_entries_;
  const bool want_proofs_;
  int size_ = 0;
  // Set: nothing of the batch is taken.
  absl::Status refused_;
  // errors_[i]: why statement i was not submitted, or OK.
  std::vector<absl::Status> errors_;
  // In the order of the batch, without those in error.
  std::vector<ledger::Submission> submissions_;
  // Of each submission, also when those are taken.
  std::vector<std::string> certifiers_;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_BATCH_H_
