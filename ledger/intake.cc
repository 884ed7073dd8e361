#include "ledger/intake.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace cairn::ledger {

absl::StatusOr<Ticket> Intake::Push(Batch& batch) {
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
  const Ticket ticket{++last_ticket_};
  batches_.emplace_hint(batches_.end(), ticket, std::move(batch));
  filled_.notify_one();
  return ticket;
}

std::optional<Batch> Intake::Withdraw(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  auto waiting = batches_.extract(ticket);
  if (waiting.empty()) return std::nullopt;
  Batch& batch = waiting.mapped();
  queued_.entries -= batch.items.size();
  queued_.bytes -= batch.bytes;
  withdrawn_entries_ += batch.items.size();
  return std::move(batch);
}

std::vector<Batch> Intake::Take(Load max) {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [this] { return !batches_.empty() || closed_; });
  std::vector<Batch> taken;
  while (!batches_.empty()) {
    Batch& next = batches_.begin()->second;
    if (!taken.empty() && (next.items.size() > max.entries || next.bytes > max.bytes)) break;
    const Load load{.entries = next.items.size(), .bytes = next.bytes};
    max.entries -= load.entries;
    max.bytes -= load.bytes;
    queued_.entries -= load.entries;
    queued_.bytes -= load.bytes;
    taken.push_back(std::move(next));
    batches_.erase(batches_.begin());
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
  stats.withdrawn += withdrawn_entries_;
}

}  // namespace cairn::ledger
