#include "ledger/server/streams.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/server/status.h"

namespace cairn::server {

absl::StatusOr<Streams::Place> Streams::Enter() {
  std::lock_guard lock(mutex_);
  if (open_ == max_) {
    return WithDefaultRetry(absl::ResourceExhaustedError(
        absl::StrCat("the server has ", max_,
                     " streams open, and opens no more; try again later, "
                     "or use calls that are no streams")));
  }
  ++open_;
  return Place(this, [](Streams* streams) { streams->Leave(); });
}

void Streams::Leave() {
  std::lock_guard lock(mutex_);
  --open_;
  left_.notify_all();
}

void Streams::Add(std::weak_ptr<Drainable> stream) {
  {
    std::lock_guard lock(mutex_);
    if (!draining_) {
      streams_.push_back(std::move(stream));
      if (streams_.size() < prune_at_) return;
      std::erase_if(streams_, [](const auto& s) { return s.expired(); });
      prune_at_ = std::max<size_t>(16, 2 * streams_.size());
      return;
    }
  }
  if (const auto alive = stream.lock()) alive->OnDrain();
}

void Streams::Drain() {
  std::vector<std::weak_ptr<Drainable>> streams;
  {
    std::lock_guard lock(mutex_);
    draining_ = true;
    streams.swap(streams_);
  }
  for (const auto& stream : streams) {
    if (const auto alive = stream.lock()) alive->OnDrain();
  }
}

size_t Streams::open() const {
  std::lock_guard lock(mutex_);
  return open_;
}

void Streams::AwaitNone(std::chrono::seconds at_most) {
  std::unique_lock lock(mutex_);
  left_.wait_for(lock, at_most, [this] { return open_ == 0; });
}

}  // namespace cairn::server
