#include "tools/load/watch.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/load/process.h"

namespace cairn::load {
namespace {

constexpr std::chrono::milliseconds kLook(100);

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

double OwnCpu() {
  const absl::StatusOr<Usage> own = UsageOf(getpid());
  return own.ok() ? own->cpu_s : 0;
}

}  // namespace

void Watch::Done() {
  const std::lock_guard lock(mutex_);
  ++done_;
  changed_.notify_one();
}

void Watch::Run(int workers, Report& report) {
  begin_ = Clock::now();
  next_second_ = begin_ + std::chrono::seconds(1);
  std::unique_lock lock(mutex_);
  while (true) {
    const bool all_done = done_ == workers;
    const Clock::time_point now = Clock::now();
    if (all_done) state_.End(now);
    Look(now, report);
    if (all_done) break;
    // The window's ends are met exactly; in between, often enough.
    Clock::time_point next = now + kLook;
    for (const Clock::time_point edge : {state_.window_begin(), state_.window_end()}) {
      if (edge > now) next = std::min(next, edge);
    }
    changed_.wait_until(lock, next, [&] { return done_ == workers; });
  }
  report.timeline.push_back({Seconds(state_.last_answer() - begin_), state_.fresh_so_far()});
}

void Watch::Look(Clock::time_point now, Report& report) {
  if (options_.interrupted() && !report.interrupted) {
    report.interrupted = true;
    state_.End(now);
  }
  std::optional<Usage> server;
  if (options_.server_pid) {
    const absl::StatusOr<Usage> usage = UsageOf(*options_.server_pid);
    if (usage.ok()) server = *usage;
  }
  const bool begins = !in_window_ && (now >= state_.window_begin() || state_.Ended(now));
  if (begins) {
    in_window_ = true;
    client_cpu_s_ = OwnCpu();
    if (server) {
      server_cpu_s_ = server->cpu_s;
      report.server.emplace().rss_anon_begin_mib = server->rss_anon_mib;
    }
  }
  if (in_window_ && !after_window_ && server && report.server) {
    report.server->rss_anon_max_mib =
        std::max(report.server->rss_anon_max_mib, server->rss_anon_mib);
  }
  if (!after_window_ && state_.Ended(now)) {
    after_window_ = true;
    const Clock::time_point end = std::max(state_.window_end(), state_.window_begin());
    report.seconds = Seconds(end - state_.window_begin());
    report.client_cpu_s = OwnCpu() - client_cpu_s_;
    if (server && report.server) {
      report.server->cpu_s = server->cpu_s - server_cpu_s_;
      report.server->rss_anon_end_mib = server->rss_anon_mib;
      report.server->rss_peak_mib = server->rss_peak_mib;
    }
  }
  if (now >= next_second_) Second(now, report);
  GiveUpWhenSilent(now);
}

void Watch::Second(Clock::time_point now, Report& report) {
  next_second_ += std::chrono::seconds(1);
  const uint64_t entries = state_.fresh_so_far();
  report.timeline.push_back({Seconds(now - begin_), entries});
  if (options_.progress) {
    const Totals totals = state_.measured();
    options_.progress(absl::StrFormat("%s %.0f s: %d entries/s, %d so far, %d refused",
                                      !in_window_     ? "warm-up"
                                      : after_window_ ? "waiting"
                                                      : "measuring",
                                      Seconds(now - begin_), entries - shown_, entries,
                                      totals.refused));
  }
  shown_ = entries;
}

void Watch::GiveUpWhenSilent(Clock::time_point now) {
  const Clock::time_point heard =
      std::max(state_.last_answer(), state_.Ended(now) ? state_.window_end() : begin_);
  // At a low rate nothing is asked for a while either.
  const double interval_s = options_.rate ? options_.batch / *options_.rate : 0;
  if (Seconds(now - heard) < options_.timeout_s + interval_s || state_.given_up()) return;
  state_.GiveUp(now, absl::StrCat("no answer within ", options_.timeout_s, " s; see --timeout"));
}

}  // namespace cairn::load
