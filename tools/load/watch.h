// Watches a run from beside: the clock, the interrupt, silence, what the processes use.
//
// Threads: the one that it is called on.

#ifndef CAIRN_TOOLS_LOAD_WATCH_H_
#define CAIRN_TOOLS_LOAD_WATCH_H_

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "tools/load/report.h"
#include "tools/load/run_state.h"

namespace cairn::load {

class Watch {
 public:
  Watch(const Options& options, RunState& state) : options_(options), state_(state) {}

  // From any thread: a worker is done.
  void Done();
  // Until `workers` are. Fills in `seconds`, CPU, memory, timeline and `interrupted`.
  void Run(int workers, Report& report);

 private:
  void Look(Clock::time_point now, Report& report);
  void Second(Clock::time_point now, Report& report);
  void GiveUpWhenSilent(Clock::time_point now);

  const Options& options_;
  RunState& state_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int done_ = 0;

  Clock::time_point begin_;
  Clock::time_point next_second_;
  uint64_t shown_ = 0;
  bool in_window_ = false;
  bool after_window_ = false;
  double client_cpu_s_ = 0;
  double server_cpu_s_ = 0;
};

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_WATCH_H_
