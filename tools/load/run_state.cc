#include "tools/load/run_state.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cairn::load {
namespace {

// More than one thread may see a larger value at once.
template <typename T>
void RaiseTo(std::atomic<T>& largest, T value) {
  T seen = largest.load(std::memory_order_relaxed);
  while (seen < value && !largest.compare_exchange_weak(seen, value)) {
  }
}

// What a log under load may say of single calls; everything else will not get better.
bool MayPass(grpc::StatusCode code) {
  return code == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         code == grpc::StatusCode::DEADLINE_EXCEEDED || code == grpc::StatusCode::CANCELLED;
}

}  // namespace

std::string CodeName(grpc::StatusCode code) {
  return absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
}

RunState::RunState(const Options& options)
    : options_(options),
      window_end_(Clock::time_point::max().time_since_epoch().count()),
      budget_(options.entries.value_or(std::numeric_limits<uint64_t>::max())) {}

void RunState::Begin(Clock::time_point now) {
  const auto seconds = [](double s) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
  };
  window_begin_ = now + seconds(options_.warmup_s);
  last_answer_ = now.time_since_epoch().count();
  if (options_.seconds) {
    window_end_ = (window_begin_ + seconds(*options_.seconds)).time_since_epoch().count();
  }
}

Clock::time_point RunState::window_end() const {
  return Clock::time_point(Clock::duration(window_end_.load(std::memory_order_relaxed)));
}

bool RunState::MaySend(const Pace& pace, Clock::time_point now) const {
  constexpr std::chrono::seconds kCatchUp(1);
  const Clock::time_point end = window_end();
  if (now < end) return true;
  return pace.open() && pace.due() < end && now < end + kCatchUp && !given_up();
}

void RunState::End(Clock::time_point now) {
  const Rep end = now.time_since_epoch().count();
  Rep seen = window_end_.load();
  while (end < seen && !window_end_.compare_exchange_weak(seen, end)) {
  }
}

void RunState::GiveUp(Clock::time_point now, std::string why) {
  {
    const std::lock_guard lock(mutex_);
    if (trouble_.empty()) trouble_ = std::move(why);
  }
  given_up_ = true;
  End(now);
}

uint64_t RunState::TakeBudget(uint64_t wanted) {
  if (!options_.entries) return wanted;
  uint64_t left = budget_.load();
  while (!budget_.compare_exchange_weak(left, left - std::min(left, wanted))) {
  }
  return std::min(left, wanted);
}

void RunState::ReturnBudget(uint64_t entries) {
  if (options_.entries) budget_ += entries;
}

void RunState::Count(Clock::time_point now, const Answered& answered) {
  const Rep at = now.time_since_epoch().count();
  const Rep before = last_answer_.exchange(at);
  if (fresh_so_far_.fetch_add(answered.fresh, std::memory_order_relaxed) == 0) {
    int64_t never = 0;
    first_answer_unix_ms_.compare_exchange_strong(
        never, std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
                   .count());
  }
  if (!Measured(now)) return;
  RaiseTo(longest_stall_, at - before);
  calls_.fetch_add(1, std::memory_order_relaxed);
  fresh_.fetch_add(answered.fresh, std::memory_order_relaxed);
  duplicates_.fetch_add(answered.duplicates, std::memory_order_relaxed);
}

void RunState::CountRefused(Clock::time_point now, uint64_t entries) {
  if (Measured(now)) refused_.fetch_add(entries, std::memory_order_relaxed);
}

void RunState::CountError(Clock::time_point now, const grpc::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    ++errors_[CodeName(status.error_code())];
    if (!MayPass(status.error_code()) && trouble_.empty()) {
      trouble_ = absl::StrCat(CodeName(status.error_code()), ": ", status.error_message());
    }
  }
  if (!MayPass(status.error_code())) End(now);
}

void RunState::CountFalse(Clock::time_point now, const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (false_answers_.size() < kMaxReasons) false_answers_.push_back(why);
  }
  End(now);
}

Totals RunState::measured() const {
  return {.calls = calls_, .fresh = fresh_, .duplicates = duplicates_, .refused = refused_};
}

Clock::duration RunState::longest_stall() const { return Clock::duration(longest_stall_.load()); }

Clock::time_point RunState::last_answer() const {
  return Clock::time_point(Clock::duration(last_answer_.load()));
}

std::optional<int64_t> RunState::first_answer_unix_ms() const {
  const int64_t at = first_answer_unix_ms_;
  return at == 0 ? std::nullopt : std::optional(at);
}

std::map<std::string, uint64_t> RunState::errors() const {
  const std::lock_guard lock(mutex_);
  return errors_;
}

std::vector<std::string> RunState::false_answers() const {
  const std::lock_guard lock(mutex_);
  return false_answers_;
}

std::string RunState::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace cairn::load
