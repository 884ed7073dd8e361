// cairnd: the log server's process. See flags.cc for usage, daemon.h for what starts and stops.

#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "ledger/server/daemon.h"
#include "ledger/server/files.h"
#include "ledger/server/flags.h"
#include "ledger/server/logger.h"
#include "ledger/server/settings.h"

// jemalloc's own settings: what is free goes back to the system after a second, from a thread that
// does only that; few arenas, since what one thread makes another frees.
extern "C" {
// NOLINTNEXTLINE(readability-identifier-naming): the name it looks for.
const char* malloc_conf = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:4";
}

namespace cairn::server {
namespace {

constexpr int kUsage = 2;
constexpr int kCouldNotStart = 3;

int Fail(int code, const absl::Status& why) {
  std::cerr << "cairnd: " << why.message() << std::endl;
  return code;
}

absl::Status Announce(const Settings& settings, const std::string& address) {
  if (!settings.address_file.empty()) {
    const absl::Status wrote = ReplaceFile(settings.address_file, address + "\n");
    if (!wrote.ok()) return wrote;
  }
  std::cout << "listening on " << address << std::endl;
  return absl::OkStatus();
}

int Run(int argc, const char* const* argv) {
  const std::variant<Flags, Exit> flags = ParseFlags(argc, argv);
  if (const Exit* exit = std::get_if<Exit>(&flags)) return exit->code;
  const absl::StatusOr<Settings> settings = ReadSettings(std::get<Flags>(flags));
  if (!settings.ok()) return Fail(kUsage, settings.status());

  // Before any thread exists, so that all inherit it and only sigwait takes the signals.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  signal(SIGPIPE, SIG_IGN);

  const absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start(*settings);
  if (!daemon.ok()) return Fail(kCouldNotStart, daemon.status());
  const absl::Status announced = Announce(*settings, (*daemon)->address().Format());
  int signal = 0;
  if (announced.ok()) {
    sigwait(&stop, &signal);
    LogInfo("stopping", {{"signal", absl::StrCat(signal)}});
  }
  (*daemon)->Stop();
  if (!announced.ok()) return Fail(kCouldNotStart, announced);
  LogInfo("stopped");
  return 0;
}

}  // namespace
}  // namespace cairn::server

int main(int argc, char** argv) { return cairn::server::Run(argc, argv); }
