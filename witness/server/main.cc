// cairn-witness: the witness's process.

#include <signal.h>

#include <iostream>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "witness/server/daemon.h"
#include "witness/server/files.h"
#include "witness/server/logger.h"
#include "witness/server/version.h"

namespace cairn::server {
namespace {

constexpr int kUsage = 2;
constexpr int kCouldNotStart = 3;

constexpr char kFooter[] = R"help(
Example:
  cairn keygen --witness witness.example.org/w1 --out witness.key
  printf 'log %s\nquorum none\n' "$(cat log.vkey)" > logs.policy
  cairn-witness --data_dir ./witness --key_file witness.key --policy logs.policy \
                --http_address 127.0.0.1:7718

It serves POST /add-checkpoint, GET /<hex of SHA-256 of a log's origin>/checkpoint and /healthz in
plain HTTP; a reverse proxy adds TLS. SIGHUP reads the policy again.

Never run it on a copy or an old backup of --data_dir: it would cosign what it has forgotten.

Exit codes: 0 stopped by a signal, everything answered; 1 the disk failed and it stopped itself;
2 wrong flags or policy; 3 could not start.
)help";

int Fail(int code, absl::string_view why) {
  std::cerr << "cairn-witness: " << why << std::endl;
  return code;
}

// That of CLI11 when the process is to end, else -1.
int ParseFlags(int argc, const char* const* argv, WitnessSettings& settings) {
  CLI::App app("cairn-witness cosigns the checkpoints of logs that only grow.", "cairn-witness");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("cairn-witness ") + kVersion);
  app.add_option("--data_dir", settings.data_dir, "directory of what it must not forget")
      ->required();
  app.add_option("--key_file", settings.key_file, "cosigning key, made by `cairn keygen --witness`")
      ->required();
  app.add_option("--policy", settings.policy_file,
                 "tlog-policy file; its log lines name the logs served")
      ->required();
  app.add_option("--http_address", settings.http_address,
                 "HOST:PORT to serve on; port 0: a free one")
      ->required();
  app.add_option("--address_file", settings.address_file,
                 "write the bound HOST:PORT there once it serves");
  app.add_flag("--accept_new_state_for_used_key", settings.accept_new_state_for_used_key,
               "begin without state with a key that has cosigned: it may then contradict itself");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    return Fail(kUsage, absl::StrCat(error.what(),
                                     "\ncairn-witness: run `cairn-witness --help` for the flags"));
  }
  return -1;
}

int Run(int argc, const char* const* argv) {
  WitnessSettings settings;
  if (const int code = ParseFlags(argc, argv, settings); code >= 0) return code;

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
    const absl::Status wrote = ReplaceFile(settings.address_file, address + "\n");
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

int main(int argc, char** argv) { return cairn::server::Run(argc, argv); }
