// cairnd: the log server's process. See flags.cc for usage, daemon.h for what starts and stops.

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "ledger/server/check.h"
#include "ledger/server/daemon.h"
#include "ledger/server/flags.h"
#include "ledger/server/settings.h"
#include "witness/server/command_line.h"
#include "witness/server/files.h"
#include "witness/server/logger.h"

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

absl::Status WriteAddress(const std::string& file, const std::string& address, mode_t mode) {
  return file.empty() ? absl::OkStatus() : ReplaceFile(file, address + "\n", mode);
}

// That of gRPC comes last: who sees it finds everything served.
absl::Status Announce(const Settings& settings, const Daemon& daemon, mode_t mode) {
  if (const std::optional<http::Address> http = daemon.http_address(); http.has_value()) {
    const absl::Status wrote = WriteAddress(settings.http_address_file, http->Format(), mode);
    if (!wrote.ok()) return wrote;
    std::cout << "http on " << http->Format() << std::endl;
  }
  const std::string address = daemon.address().Format();
  if (absl::Status wrote = WriteAddress(settings.address_file, address, mode); !wrote.ok())
    return wrote;
  std::cout << "listening on " << address << std::endl;
  return absl::OkStatus();
}

int Run(int argc, const char* const* argv) {
  const std::variant<Flags, Exit> flags = ParseFlags(argc, argv);
  if (const Exit* exit = std::get_if<Exit>(&flags)) return exit->code;
  const Flags& told = std::get<Flags>(flags);
  const absl::StatusOr<Settings> settings = ReadSettings(told);
  if (told.check) {
    return settings.ok() ? CheckAndSay(*settings, told.json)
                         : SayUnreadable(settings.status(), told.json);
  }
  if (!settings.ok()) return Fail(kUsage, settings.status());

  // Entries are for ever, and still not everybody's to read.
  const mode_t address_mode = MakeFilesPrivate();
  // Before any thread exists, so that all inherit it and only sigwait takes the signals.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  signal(SIGPIPE, SIG_IGN);

  const absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start(*settings);
  if (!daemon.ok()) return Fail(kCouldNotStart, daemon.status());
  const absl::Status announced = Announce(*settings, **daemon, address_mode);
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

int main(int argc, char** argv) {
  cairn::server::KeepStandardDescriptors();
  // What gRPC writes on stderr in its own form is no log line; what matters comes back as a status.
  // Before any thread, and before gRPC looks.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  return cairn::server::Run(argc, argv);
}
