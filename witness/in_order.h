// Jobs on several threads whose results are taken in order.

#ifndef CAIRN_WITNESS_IN_ORDER_H_
#define CAIRN_WITNESS_IN_ORDER_H_

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cairn::witness {

// Calls `take(i, job(i))` for i in [0, count): the jobs on `threads` threads, `take` on the
// caller's and in order. At most two results a thread wait to be taken. Ends at the first error, of
// a job in its order or of `take`, once jobs that run have ended.
template <typename Result>
absl::Status RunInOrder(uint64_t count, size_t threads,
                        const std::function<absl::StatusOr<Result>(uint64_t)>& job,
                        const std::function<absl::Status(uint64_t, Result)>& take) {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<uint64_t, absl::StatusOr<Result>> results;
  uint64_t next_job = 0;
  uint64_t next_result = 0;
  bool ended = false;
  threads = std::max<size_t>(threads, 1);

  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(
          lock, [&] { return ended || next_job == count || next_job < next_result + 2 * threads; });
      if (ended || next_job == count) return;
      const uint64_t number = next_job++;
      lock.unlock();
      absl::StatusOr<Result> result = job(number);
      lock.lock();
      results.emplace(number, std::move(result));
      changed.notify_all();
    }
  };
  std::vector<std::thread> crew;
  for (size_t i = 0; i < threads; ++i) crew.emplace_back(work);

  absl::Status status;
  std::unique_lock lock(mutex);
  while (status.ok() && next_result < count) {
    changed.wait(lock, [&] { return results.contains(next_result); });
    absl::StatusOr<Result> result = std::move(results.extract(next_result).mapped());
    lock.unlock();
    status = result.ok() ? take(next_result, *std::move(result)) : result.status();
    lock.lock();
    ++next_result;
    changed.notify_all();
  }
  ended = true;
  lock.unlock();
  changed.notify_all();
  for (std::thread& thread : crew) thread.join();
  return status;
}

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_IN_ORDER_H_
