// Who waits until an entry is anchored, or verified.
//
// What anchors one entry anchors all before it, so those that wait for one state wait in the order
// of their indexes, and an event releases the first of them: it costs the look at how far the state
// reaches, however many wait.
// Threads: any.

#ifndef CAIRN_ANCHOR_WAITS_H_
#define CAIRN_ANCHOR_WAITS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anchor/book.h"
#include "anchor/states.h"
#include "merkle/types.h"

namespace cairn::anchor {

class Waits {
 public:
  static constexpr size_t kMaxWaiting = 10'000;

  using Done = std::function<void(const absl::Status&)>;
  // Names a wait that has not ended; the default one names none.
  struct Wait {
    ProofState state = ProofState::kPending;
    LeafIndex index = LeafIndex(0);
    uint64_t id = 0;
  };

  // Outlived by the book. GiveUp() before it is destroyed, or those that wait get no answer.
  explicit Waits(Book& book);

  // Calls `done` once, when the entry is in `state` or a higher one (inline, when it is already),
  // or when that is given up. Errors, without a call: why it was given up; kResourceExhausted when
  // too many wait.
  absl::StatusOr<Wait> Begin(LeafIndex index, ProofState state, Done done);
  // Nobody waits any more: `done` may still be running, but is not called after.
  void Forget(const Wait& wait);

  Book& book() { return book_; }

  // Nothing that is waited for will come: answers all that wait with `why`, and all that will.
  void GiveUp(const absl::Status& why);

 private:
  // By index, then in the order in which they came.
  using Queue = std::map<std::pair<LeafIndex, uint64_t>, Done>;

  Queue& QueueOf(ProofState state) { return queues_[state == ProofState::kVerified ? 1 : 0]; }
  void OnEvent();

  Book& book_;
  std::mutex mutex_;
  std::array<Queue, 2> queues_;  // For anchored; for verified.
  uint64_t last_id_ = 0;
  absl::Status given_up_;
  const std::shared_ptr<void> subscription_;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_WAITS_H_
