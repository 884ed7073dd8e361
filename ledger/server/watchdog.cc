#include "ledger/server/watchdog.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "witness/server/logger.h"

namespace cairn::server {
namespace {

constexpr std::chrono::seconds kLook(1);
// Overload that pauses for less is one.
constexpr std::chrono::seconds kOver(5);

std::string Seconds(std::chrono::steady_clock::duration time) {
  return absl::StrCat(std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

}  // namespace

Watchdog::Watchdog(const ledger::Log& log, std::function<void(const absl::Status& halted)> look)
    : log_(log), look_(std::move(look)), thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ending_changed_.notify_all();
  thread_.join();
}

void Watchdog::Run() {
  std::unique_lock lock(mutex_);
  while (!ending_changed_.wait_for(lock, kLook, [this] { return ending_; })) {
    const ledger::LogStats stats = log_.stats();
    const Clock::time_point now = Clock::now();
    LookAtQueue(stats, now);
    // What it halted for is told once, by whom it happened to.
    if (stats.halted.ok()) LookAtHealth(now);
    look_(stats.halted);
  }
}

void Watchdog::LookAtQueue(const ledger::LogStats& stats, Clock::time_point now) {
  const uint64_t refused = stats.refused_by_queue;
  if (refused > refused_) {
    last_refusal_ = now;
    if (!overload_.has_value()) {
      overload_ = Overload{.begun = now, .refused_before = refused_};
      LogWarning("overload: the queue is full, appends are told to try again",
                 {{"refused_entries", absl::StrCat(refused - refused_)}});
    }
  } else if (overload_.has_value() && now - last_refusal_ >= kOver) {
    LogInfo("overload is over",
            {{"refused_entries", absl::StrCat(refused - overload_->refused_before)},
             {"seconds", Seconds(last_refusal_ - overload_->begun)}});
    overload_.reset();
  }
  refused_ = refused;
}

void Watchdog::LookAtHealth(Clock::time_point now) {
  const absl::Status health = log_.healthy();
  if (!health.ok() && !refusing_since_.has_value()) {
    refusing_since_ = now;
    LogWarning("appends are refused, reads go on", {{"reason", std::string(health.message())}});
  } else if (health.ok() && refusing_since_.has_value()) {
    LogInfo("appends are taken again", {{"seconds", Seconds(now - *refusing_since_)}});
    refusing_since_.reset();
  }
}

}  // namespace cairn::server
