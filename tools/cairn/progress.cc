#include "tools/cairn/progress.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cairn::cli {

Progress::Progress(std::string what, std::string unit, std::function<Done()> read)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      read_(std::move(read)),
      terminal_(isatty(STDERR_FILENO) == 1),
      thread_([this] { Run(); }) {}

Progress::~Progress() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
    ended_.notify_all();
  }
  thread_.join();
  if (terminal_ && said_) std::cerr << std::endl;
}

void Progress::Run() {
  const std::chrono::seconds interval(terminal_ ? 1 : 10);
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, interval, [this] { return end_; })) Say();
}

void Progress::Say() {
  const Done now = read_();
  if (now.all == 0) return;
  const double seconds = absl::ToDoubleSeconds(elapsed());
  const double rate = static_cast<double>(now.done) / seconds;
  std::string line = absl::StrCat(what_, ": ", now.done * 100 / now.all, " % of ", now.all, " ",
                                  unit_, ", ", static_cast<uint64_t>(rate), "/s");
  if (rate >= 1) {
    const uint64_t left = now.all - std::min(now.done, now.all);
    absl::StrAppend(&line, ", ", static_cast<uint64_t>(static_cast<double>(left) / rate),
                    " s left");
  }
  // Blanks cover what a longer line before it left.
  std::cerr << (terminal_ ? absl::StrCat("\r", line, "    ") : absl::StrCat(line, "\n"))
            << std::flush;
  said_ = true;
}

}  // namespace cairn::cli
