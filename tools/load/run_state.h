// What all workers of a run share: when it begins and ends, and what has been answered so far.
//
// A run is: warm-up, then a window that is measured, then waiting for what is in flight. Answers
// count for rates when they arrive in the window, for latencies when they were due in it.
// Threads: any.

#ifndef CAIRN_TOOLS_LOAD_RUN_STATE_H_
#define CAIRN_TOOLS_LOAD_RUN_STATE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "grpcpp/support/status.h"
#include "tools/load/options.h"
#include "tools/load/pace.h"

namespace cairn::load {

// Of one answer: entries that are new (in mode kProof: proven), and duplicates.
struct Answered {
  uint64_t fresh = 0;
  uint64_t duplicates = 0;
};

struct Totals {
  uint64_t calls = 0;
  uint64_t fresh = 0;
  uint64_t duplicates = 0;
  uint64_t refused = 0;  // RESOURCE_EXHAUSTED, in entries.
};

class RunState {
 public:
  explicit RunState(const Options& options);

  // Before the workers start.
  void Begin(Clock::time_point now);
  Clock::time_point window_begin() const { return window_begin_; }
  Clock::time_point window_end() const;
  // Nothing is sent from `now` on; the window ends, if it has not yet.
  void End(Clock::time_point now);
  // Also what is in flight is given up.
  void GiveUp(Clock::time_point now, std::string why);
  bool given_up() const { return given_up_.load(std::memory_order_relaxed); }
  bool Ended(Clock::time_point now) const { return now >= window_end(); }
  // Whether `pace` may still send: in an open loop what was due in the window is sent a little
  // later, or the latencies of a log that fell behind at the end would be missing.
  bool MaySend(const Pace& pace, Clock::time_point now) const;
  bool Measured(Clock::time_point when) const {
    return when >= window_begin_ && when < window_end();
  }

  // How many of `wanted` new entries may still be sent; takes them.
  uint64_t TakeBudget(uint64_t wanted);
  // For those that were refused.
  void ReturnBudget(uint64_t entries);

  void Count(Clock::time_point now, const Answered& answered);
  void CountRefused(Clock::time_point now, uint64_t entries);
  // A call or a batch that failed for another reason; most of these end the run.
  void CountError(Clock::time_point now, const grpc::Status& status);
  // An answer that a sound log would not give. Ends the run.
  void CountFalse(Clock::time_point now, const std::string& why);

  // In the window, so far.
  Totals measured() const;
  // From the beginning, warm-up included.
  uint64_t fresh_so_far() const { return fresh_so_far_.load(std::memory_order_relaxed); }
  // The longest time without an answer within the window.
  Clock::duration longest_stall() const;
  Clock::time_point last_answer() const;
  std::optional<int64_t> first_answer_unix_ms() const;
  std::map<std::string, uint64_t> errors() const;
  std::vector<std::string> false_answers() const;
  // Why the log could not be used; empty when it could.
  std::string trouble() const;

 private:
  using Rep = Clock::duration::rep;
  static constexpr size_t kMaxReasons = 10;

  Clock::time_point window_begin_;
  const Options& options_;
  std::atomic<Rep> window_end_;
  std::atomic<bool> given_up_{false};
  std::atomic<uint64_t> budget_;

  std::atomic<uint64_t> calls_{0}, fresh_{0}, duplicates_{0}, refused_{0};
  std::atomic<uint64_t> fresh_so_far_{0};
  std::atomic<Rep> last_answer_{0}, longest_stall_{0};
  std::atomic<int64_t> first_answer_unix_ms_{0};

  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> errors_;
  std::vector<std::string> false_answers_;
  std::string trouble_;
};

// "UNAVAILABLE" and such.
std::string CodeName(grpc::StatusCode code);

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_RUN_STATE_H_
