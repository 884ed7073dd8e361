// A line on stderr that says how far something long is: rewritten each second on a terminal, a new
// one every ten seconds elsewhere.

#ifndef CAIRN_TOOLS_CAIRN_PROGRESS_H_
#define CAIRN_TOOLS_CAIRN_PROGRESS_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace cairn::cli {

// What is done of what; `all` is 0 as long as it is not known.
struct Done {
  uint64_t done = 0;
  uint64_t all = 0;
};

class Progress {
 public:
  // `what` and `unit` as in "checking: 41 % of 50000000 entries, 2100000/s, 14 s left". `read` is
  // called from a thread of its own.
  Progress(std::string what, std::string unit, std::function<Done()> read);
  // Ends the line.
  ~Progress();

  absl::Duration elapsed() const { return absl::Now() - start_; }

 private:
  void Run();
  void Say();

  const std::string what_;
  const std::string unit_;
  const std::function<Done()> read_;
  const bool terminal_;
  const absl::Time start_ = absl::Now();
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  bool said_ = false;
  std::thread thread_;
};

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_PROGRESS_H_
