#include "anchor/waits.h"

#include <vector>

#include "absl/strings/str_cat.h"

namespace cairn::anchor {

Waits::Waits(Book& book)
    : book_(book), subscription_(book.Listen([this](uint64_t) { OnEvent(); })) {}

absl::StatusOr<Waits::Wait> Waits::Begin(LeafIndex index, ProofState state, Done done) {
  {
    const std::lock_guard lock(mutex_);
    // Looked at under the lock: an event from here on finds it among those that wait.
    if (!book_.Reached(state).contains(index)) {
      if (!given_up_.ok()) return given_up_;
      if (queues_[0].size() + queues_[1].size() >= kMaxWaiting) {
        return absl::ResourceExhaustedError(
            absl::StrCat(kMaxWaiting,
                         " calls wait for anchors; the entry is in the log: watch its proof state, "
                         "or ask again later"));
      }
      const Wait wait{.state = state, .index = index, .id = ++last_id_};
      QueueOf(state).emplace(std::pair(index, wait.id), std::move(done));
      return wait;
    }
  }
  done(absl::OkStatus());
  return Wait();
}

void Waits::Forget(const Wait& wait) {
  const std::lock_guard lock(mutex_);
  QueueOf(wait.state).erase({wait.index, wait.id});
}

void Waits::OnEvent() {
  std::vector<Done> released;
  {
    const std::lock_guard lock(mutex_);
    for (const ProofState state : {ProofState::kAnchored, ProofState::kVerified}) {
      Queue& queue = QueueOf(state);
      if (queue.empty()) continue;
      const TreeSize reached = book_.Reached(state);
      while (!queue.empty() && reached.contains(queue.begin()->first.first)) {
        released.push_back(std::move(queue.begin()->second));
        queue.erase(queue.begin());
      }
    }
  }
  for (const Done& done : released) done(absl::OkStatus());
}

void Waits::GiveUp(const absl::Status& why) {
  std::array<Queue, 2> queues;
  {
    const std::lock_guard lock(mutex_);
    if (!given_up_.ok()) return;
    given_up_ = why;
    queues.swap(queues_);
  }
  for (const Queue& queue : queues) {
    for (const auto& [place, done] : queue) done(why);
  }
}

}  // namespace cairn::anchor
