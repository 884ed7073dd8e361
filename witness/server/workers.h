// A few threads for what must run neither on the log's answering thread nor on gRPC's, such as
// reading the disk.
//
// Threads: Run() and Offer() from any.

#ifndef CAIRN_WITNESS_SERVER_WORKERS_H_
#define CAIRN_WITNESS_SERVER_WORKERS_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"

namespace cairn::server {

class Workers {
 public:
  // `max_waiting`: see Offer().
  Workers(int threads, size_t max_waiting);
  ~Workers() { Stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // For answers that are owed: bounded by the log's queue and by the streams, not here. Not after
  // Stop().
  void Run(std::function<void()> task);
  // For what can be refused. kResourceExhausted while `max_waiting` tasks wait, kUnavailable after
  // Stop(); `task` is not run then.
  absl::Status Offer(std::function<void()> task);

  // Tasks that wait for a thread.
  size_t waiting() const;

  // Runs what is queued, then ends the threads. Idempotent.
  void Stop();

 private:
  void Loop();

  const size_t max_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_WORKERS_H_
