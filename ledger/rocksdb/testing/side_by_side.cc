#include "ledger/rocksdb/testing/side_by_side.h"

#include <rocksdb/env.h>

#include <atomic>
#include <mutex>
#include <thread>

namespace cairn::ledger::testing {

std::vector<std::string> SideBySide(int count, const std::function<std::string(int)>& run) {
  constexpr int kThreads = 10;
  // Shared by all databases of a process; one that sleeps must not hold up the others.
  for (const auto priority : {rocksdb::Env::LOW, rocksdb::Env::HIGH}) {
    rocksdb::Env::Default()->SetBackgroundThreads(2 * kThreads, priority);
  }
  std::atomic<int> next{0};
  std::mutex mutex;
  std::vector<std::string> answers;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = next++; i < count; i = next++) {
        const std::string answer = run(i);
        const std::lock_guard<std::mutex> lock(mutex);
        if (!answer.empty()) answers.push_back(answer);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return answers;
}

}  // namespace cairn::ledger::testing
