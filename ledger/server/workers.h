// A few threads for what must not run on the log's answering thread, such as reading the disk.
//
// The queue is bounded by the calls in flight: each puts at most one task a request here.
// Threads: Run() from any.

#ifndef CAIRN_LEDGER_SERVER_WORKERS_H_
#define CAIRN_LEDGER_SERVER_WORKERS_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn::server {

class Workers {
 public:
  explicit Workers(int threads);
  ~Workers() { Stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Not after Stop().
  void Run(std::function<void()> task);

  // Runs what is queued, then ends the threads. Idempotent.
  void Stop();

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_WORKERS_H_
