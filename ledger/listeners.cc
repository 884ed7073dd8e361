#include "ledger/listeners.h"

#include <utility>

namespace cairn::ledger {

std::shared_ptr<void> Listeners::Add(Listener listener) {
  const std::lock_guard lock(list_->mutex);
  const uint64_t id = list_->next_id++;
  list_->listeners.emplace(id, std::move(listener));
  return std::shared_ptr<void>(list_.get(), [list = list_, id](void*) {
    const std::lock_guard list_lock(list->mutex);
    list->listeners.erase(id);
  });
}

void Listeners::Call(const std::shared_ptr<const View>& view) const {
  const std::lock_guard lock(list_->mutex);
  for (const auto& [id, listener] : list_->listeners) listener(view);
}

}  // namespace cairn::ledger
