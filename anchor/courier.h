// One anchor at work: prepares a receipt for the newest round, sends it, asks how far it has come,
// and asks again later whether what is final still is.
//
// A step does one thing, and everything it does is durable at its two ends: the exact request is
// stored, and that it is being sent, before it is sent; then what came of it. So a process that
// dies within a step sends the same bytes once more, and counts that (ReceiptHead::extra_requests).
// What an error of the backend means for the receipt is in backend.h; one that is not named there
// is as kUnavailable. An error leaves the backend in peace for a time that doubles with each in a
// row, and the receipt too, so that one bad receipt does not hold up the others. Bounds:
// max_requests_a_day (what is sent; questions are not counted); max_open receipts that wait to be
// accepted, and max_attempts and
//   give_up_ms for each of them; one question a receipt in longest_poll_ms, once it has waited
//   long.
// Errors of Step: the store's, after which there is no further step.
// Threads: Step by one at a time; GetStatus from any.
// Ownership: backend, book and clock outlive the courier.

#ifndef CAIRN_ANCHOR_COURIER_H_
#define CAIRN_ANCHOR_COURIER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anchor/backend.h"
#include "anchor/book.h"
#include "anchor/clock.h"
#include "anchor/quota_day.h"
#include "anchor/receipt.h"
#include "anchor/store.h"
#include "merkle/types.h"

namespace cairn::anchor {

struct AnchorOptions {
  std::string name = {};  // IsAnchorName.
  // Prepares nothing more; what is open is followed to its end, what is final is asked about.
  bool retired = false;
  uint64_t max_requests_a_day = 200;
  size_t max_open = 8;
  uint32_t max_attempts = 500;
  uint64_t give_up_ms = uint64_t{7} * 24 * 3'600'000;
  // After the first error in a row, and at the most.
  uint64_t first_pause_ms = 5'000, longest_pause_ms = 900'000;
  // After the first answer that is not the last, and at the most.
  uint64_t first_poll_ms = 15'000, longest_poll_ms = 3'600'000;
  // How often one of the newest `rechecked` (at most Book::kRemembered) final receipts is asked
  // about again.
  uint64_t recheck_ms = 3'600'000;
  size_t rechecked = 24;
  // Errors for so long are a gap.
  uint64_t gap_after_ms = 600'000;
};

// Evenly from [0, 1).
using Randomness = std::function<double()>;

// A receipt that was accepted: what an entry of kind 3 says of it.
struct AcceptedReceipt {
  uint64_t round = 0;
  std::string anchor = {};
  std::string kind = {};
  TreeSize size = {};
  Hash receipt_hash = {};  // SHA-256 of the native bytes.
};

// The entries about receipts. Requires answers in bounded time.
struct ReceiptLog {
  // Appends one, and answers where it is.
  std::function<absl::StatusOr<LeafIndex>(const AcceptedReceipt&)> append = nullptr;
  // Where one is that was appended since then; nullopt: there is none. Asked before an append that
  // may be the second: after a start, and after an error.
  std::function<absl::StatusOr<std::optional<LeafIndex>>(const AcceptedReceipt&, uint64_t since_ms)>
      find = nullptr;
};

// Hears how each try went: OK, or why it failed, with all that the operator wants to know. What is
// stored, and shown to strangers, is public_text.h's. Called on the anchor's thread.
using Heard = std::function<void(const std::string& anchor, const absl::Status& how)>;

// How an anchor does, for people and metrics.
struct AnchorStatus {
  std::string name = {};
  std::string kind = {};
  uint64_t failing_since_ms = 0;  // 0: the last answer was good.
  std::string last_error = {};    // For strangers.
  uint64_t waiting = 0;           // Receipts that are not accepted.
  uint64_t polled = 0;            // Accepted, and not final.
  uint64_t requests_today = 0;
};

class Courier {
 public:
  // `log` has both or none; `heard` may be none.
  Courier(const AnchorOptions& options, Backend& backend, Book& book, const Clock& clock,
          Randomness random, ReceiptLog log, Heard heard);

  // Does one thing, if anything is due. The steady time at which the next is; not later than now
  // when there may be more to do at once.
  absl::StatusOr<uint64_t> Step();

  const std::string& name() const { return options_.name; }
  AnchorStatus GetStatus() const;

 private:
  struct Open {
    ReceiptHead head = {};
    uint64_t due_ms = 0;                      // Steady.
    uint64_t log_due_ms = 0;                  // Steady.
    uint64_t poll_ms = 0;                     // The last wait.
    uint32_t failures = 0, log_failures = 0;  // In a row.
    // Its entry may be in the log, appended since then.
    std::optional<uint64_t> maybe_logged_since_ms = std::nullopt;
  };
  using Done = absl::StatusOr<bool>;  // Whether anything was done.

  Done LogOne(uint64_t now);
  absl::StatusOr<LeafIndex> FindOrAppend(Open& open, const AcceptedReceipt& receipt);
  Done GiveUpOne();
  Done PrepareNewest(uint64_t now);
  Done SendOrPollOne(uint64_t now);
  Done RecheckOne(uint64_t now);

  absl::Status Send(Open& open, uint64_t now);
  // Stores what is about to be sent. False: today's budget is spent.
  Done BeforeSending(Open& open, ReceiptBytes& bytes, uint64_t now);
  absl::Status Poll(Open& open);
  absl::Status TakeAnswer(Open& open, ReceiptBytes bytes, const absl::StatusOr<Progress>& answer,
                          uint64_t now);
  absl::Status TakeProgress(Open& open, ReceiptBytes bytes, const Progress& progress,
                            const std::vector<ReceiptState>& arrows, uint64_t now);
  absl::Status TakeError(Open& open, const absl::Status& error, uint64_t now);
  // The backend failed; pauses it.
  absl::Status Pause(const absl::Status& error, uint64_t now);
  absl::Status Recover(const Progress& progress);
  // Stores the receipt with this event; it is in memory only then.
  absl::Status Save(Open& open, const ReceiptHead& head, Change change);
  // Moves a copy along an arrow and adds the event.
  absl::Status MoveAlong(ReceiptState to, ReceiptHead& head, Change& change,
                         const std::string& detail) const;
  // Drops what is settled.
  void Settle(uint64_t round);

  bool IsSettled(const ReceiptHead& head) const;
  bool MustSend(const ReceiptHead& head) const;
  size_t Waiting() const;
  uint64_t NextDue(uint64_t now) const;
  uint64_t Backoff(uint32_t failures);
  void UpdateStatus();

  const AnchorOptions options_;
  Backend& backend_;
  Book& book_;
  const Clock& clock_;
  const Randomness random_;
  const ReceiptLog log_;
  const Heard heard_;

  std::map<uint64_t, Open> open_;  // By round.
  std::deque<uint64_t> final_rounds_;
  uint64_t last_round_ = 0;
  Spent spent_;
  QuotaDay day_{0, 0};  // Of spent_.
  uint64_t next_recheck_ms_ = 0;
  // The backend's row of failures.
  uint32_t failures_ = 0;
  uint64_t not_before_ms_ = 0;
  uint64_t failing_since_steady_ms_ = 0;
  uint64_t failing_since_ms_ = 0;

  mutable std::mutex mutex_;
  AnchorStatus status_;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_COURIER_H_
