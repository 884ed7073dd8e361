// cairn-witness: the witness's process.

#include <signal.h>

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "witness/server/command_line.h"
#include "witness/server/daemon.h"
#include "witness/server/files.h"
#include "witness/server/flags.h"
#include "witness/server/logger.h"

namespace cairn::server {
namespace {

constexpr int kUsage = 2;
constexpr int kCouldNotStart = 3;

int Fail(int code, absl::string_view why) {
  std::cerr << "cairn-witness: " << why << std::endl;
  return code;
}

int Run(int argc, const char* const* argv) {
  WitnessSettings settings;
  if (const int code = ParseFlags(argc, argv, settings); code >= 0) return code;

  // Keys, evidence and what a log has not published yet are nobody else's to read.
  const mode_t address_mode = MakeFilesPrivate();
  // Before any thread exists, so that all inherit it and only sigwait takes the signals.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  const absl::StatusOr<std::unique_ptr<WitnessDaemon>> daemon = WitnessDaemon::Start(settings);
  if (!daemon.ok()) {
    const int code = absl::IsInvalidArgument(daemon.status()) ? kUsage : kCouldNotStart;
    return Fail(code, daemon.status().message());
  }
  const std::string address = (*daemon)->address().Format();
  if (!settings.address_file.empty()) {
    const absl::Status wrote = ReplaceFile(settings.address_file, address + "\n", address_mode);
    if (!wrote.ok()) return Fail(kCouldNotStart, wrote.message());
  }
  std::cout << "listening on " << address << std::endl;
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) (*daemon)->Reload();
  LogInfo("stopping", {{"signal", absl::StrCat(signal)}});
  (*daemon)->Stop();
  LogInfo("stopped");
  return 0;
}

}  // namespace
}  // namespace cairn::server

int main(int argc, char** argv) {
  cairn::server::KeepStandardDescriptors();
  return cairn::server::Run(argc, argv);
}
