// Tells the operator when appends begin and cease to be refused: overload, a full disk, a clock
// that ran ahead. Looks once a second, so that a line is written when something changes, however
// many calls it meets, and also when no call comes any more.
//
// Threads: its own; a Watchdog is made and destroyed by one.

#ifndef CAIRN_LEDGER_SERVER_WATCHDOG_H_
#define CAIRN_LEDGER_SERVER_WATCHDOG_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/status/status.h"
#include "ledger/log.h"

namespace cairn::server {

class Watchdog {
 public:
  // Borrows the log. Each look also calls `look`, with why it has halted, or OK.
  Watchdog(const ledger::Log& log, std::function<void(const absl::Status& halted)> look);
  // Ends the thread.
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  void Run();
  void LookAtQueue(const ledger::LogStats& stats, Clock::time_point now);
  void LookAtHealth(Clock::time_point now);

  const ledger::Log& log_;
  const std::function<void(const absl::Status&)> look_;

  // Since the last look at which the queue had refused something.
  uint64_t refused_ = 0;
  Clock::time_point last_refusal_;
  struct Overload {
    Clock::time_point begun;
    uint64_t refused_before = 0;
  };
  std::optional<Overload> overload_;
  std::optional<Clock::time_point> refusing_since_;

  std::mutex mutex_;
  std::condition_variable ending_changed_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_WATCHDOG_H_
