#include "ledger/intake.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace cairn::ledger {

absl::Status Intake::Push(Batch& batch) {
  const std::lock_guard lock(mutex_);
  if (closed_) return absl::UnavailableError("the log is stopping; send it again later");
  if (queued_.entries + batch.items.size() > max_queued_.entries ||
      queued_.bytes + batch.bytes > max_queued_.bytes) {
    refused_entries_ += batch.items.size();
    return absl::ResourceExhaustedError(absl::StrCat("the queue is full with ", queued_.entries,
                                                     " entries of ", queued_.bytes,
                                                     " bytes; nothing was taken, try again later"));
  }
  queued_.entries += batch.items.size();
  queued_.bytes += batch.bytes;
  batches_.push_back(std::move(batch));
  filled_.notify_one();
  return absl::OkStatus();
}

std::vector<Batch> Intake::Take(Load max) {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [this] { return !batches_.empty() || closed_; });
  std::vector<Batch> taken;
  while (!batches_.empty()) {
    const Batch& next = batches_.front();
    if (!taken.empty() && (next.items.size() > max.entries || next.bytes > max.bytes)) break;
    const Load load{.entries = next.items.size(), .bytes = next.bytes};
    max.entries -= load.entries;
    max.bytes -= load.bytes;
    queued_.entries -= load.entries;
    queued_.bytes -= load.bytes;
    taken.push_back(std::move(batches_.front()));
    batches_.pop_front();
  }
  return taken;
}

void Intake::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  filled_.notify_one();
}

void Intake::AddTo(LogStats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.queued_entries += queued_.entries;
  stats.queued_bytes += queued_.bytes;
  stats.refused_by_queue += refused_entries_;
}

}  // namespace cairn::ledger
