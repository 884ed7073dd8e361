#include "ledger/check/parallel.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn::ledger {

absl::Status RunTasks(uint32_t threads, uint64_t tasks,
                      const std::function<absl::Status(uint32_t thread, uint64_t task)>& run) {
  std::atomic<uint64_t> next = 0;
  std::mutex mutex;
  absl::Status first_error;
  const auto work = [&](uint32_t thread) {
    for (uint64_t task = next++; task < tasks; task = next++) {
      const absl::Status status = run(thread, task);
      if (status.ok()) continue;
      next = tasks;
      const std::lock_guard lock(mutex);
      if (first_error.ok()) first_error = status;
    }
  };
  std::vector<std::thread> others;
  for (uint32_t i = 1; i < std::min<uint64_t>(threads, tasks); ++i) others.emplace_back(work, i);
  work(0);
  for (std::thread& other : others) other.join();
  return first_error;
}

}  // namespace cairn::ledger
