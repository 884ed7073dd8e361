#include "ledger/server/drain.h"

#include <algorithm>
#include <utility>

namespace cairn::server {

void Drain::Add(std::weak_ptr<Drainable> stream) {
  {
    std::lock_guard lock(mutex_);
    if (!begun_) {
      streams_.push_back(std::move(stream));
      if (streams_.size() < prune_at_) return;
      std::erase_if(streams_, [](const auto& s) { return s.expired(); });
      prune_at_ = std::max<size_t>(16, 2 * streams_.size());
      return;
    }
  }
  if (const auto alive = stream.lock()) alive->OnDrain();
}

void Drain::Begin() {
  std::vector<std::weak_ptr<Drainable>> streams;
  {
    std::lock_guard lock(mutex_);
    begun_ = true;
    streams.swap(streams_);
  }
  for (const auto& stream : streams) {
    if (const auto alive = stream.lock()) alive->OnDrain();
  }
}

}  // namespace cairn::server
