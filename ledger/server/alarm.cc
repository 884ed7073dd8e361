#include "ledger/server/alarm.h"

namespace cairn::server {

void Alarm::OnDamage(std::function<void(const absl::Status&)> raise) {
  std::lock_guard lock(mutex_);
  raise_ = std::move(raise);
  if (!first_.ok()) raise_(first_);
}

const absl::Status& Alarm::Note(const absl::Status& status) {
  if (!absl::IsDataLoss(status)) return status;
  std::lock_guard lock(mutex_);
  if (first_.ok()) {
    first_ = status;
    if (raise_) raise_(first_);
  }
  return status;
}

}  // namespace cairn::server
