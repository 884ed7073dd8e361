#include "witness/server/workers.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace cairn::server {

Workers::Workers(int threads, size_t max_waiting) : max_waiting_(max_waiting) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Loop(); });
}

void Workers::Stop() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Workers::Run(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

absl::Status Workers::Offer(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    if (ending_) return absl::UnavailableError("the server is stopping; ask again later");
    if (tasks_.size() >= max_waiting_) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the server has ", tasks_.size(), " reads to do; ask again later"));
    }
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
  return absl::OkStatus();
}

size_t Workers::waiting() const {
  std::lock_guard lock(mutex_);
  return tasks_.size();
}

void Workers::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace cairn::server
