#include "witness/server/flags.h"

#include <chrono>
#include <iostream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "witness/http/url.h"
#include "witness/server/command_line.h"
#include "witness/server/version.h"

namespace cairn::server {
namespace {

constexpr char kFooter[] = R"help(
Example:
  cairn keygen --witness witness.example.org/w1 --out witness.key
  printf 'log %s\nquorum none\n' "$(cat log.vkey)" > logs.policy
  cairn-witness --data_dir ./witness --key_file witness.key --policy logs.policy \
                --http_address 127.0.0.1:7718

It serves POST /add-checkpoint, GET /<hex of SHA-256 of a log's origin>/checkpoint and /healthz in
plain HTTP; a reverse proxy adds TLS. SIGHUP reads the policy again.

What proves that a log showed two trees is written to DATA_DIR/misbehaviour; `cairn
verify-misbehaviour` reads it.

Never run it on a copy or an old backup of --data_dir: it would cosign what it has forgotten.

Exit codes: 0 stopped by a signal, everything answered; 1 the disk failed and it stopped itself;
2 wrong flags or policy; 3 could not start.
)help";

// CLI11's form: what is wrong, or nothing. It stands in log lines, so no secret may be in it.
std::string Url(const std::string& value) {
  const absl::Status sound = http::CheckUrl(value);
  return sound.ok() ? "" : absl::StrCat("the URL ", sound.message());
}

}  // namespace

int ParseFlags(int argc, const char* const* argv, WitnessSettings& settings) {
  CLI::App app("cairn-witness cosigns the checkpoints of logs that only grow.", "cairn-witness");
  app.footer(kFooter);
  PrepareCommandLine(app, std::string("cairn-witness ") + kVersion);
  app.add_option("--data_dir", settings.data_dir, "directory of what it must not forget")
      ->required();
  app.add_option("--key_file", settings.key_file, "cosigning key, made by `cairn keygen --witness`")
      ->required();
  app.add_option("--key_state_file", settings.key_state_file,
                 "where it is written down that the key is used (KEYFILE.used): for a key in a "
                 "directory that is read-only");
  app.add_option("--policy", settings.policy_file,
                 "tlog-policy file; its log lines name the logs served")
      ->required();
  app.add_option("--http_address", settings.http_address,
                 "HOST:PORT to serve on; port 0: a free one")
      ->required();
  app.add_option("--address_file", settings.address_file,
                 "write the bound HOST:PORT there once it serves");
  app.add_option("--follow", settings.follow,
                 "URL of a log of the policy to audit again and again, and to hold to what was "
                 "cosigned; may be repeated")
      ->check(Url)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option_function<unsigned>(
         "--follow_interval_s",
         [&settings](unsigned seconds) {
           settings.follow_interval = std::chrono::seconds(seconds);
         },
         "seconds between two audits (60)")
      ->check(CLI::Range(1, 86'400));
  app.add_flag("--accept_new_state_for_used_key", settings.accept_new_state_for_used_key,
               "begin without state with a key that has cosigned: it may then contradict itself");
  const CommandLineResult parsed = ParseCommandLine(app, {argv + 1, argv + argc});
  if (!parsed.error.empty()) std::cerr << "cairn-witness: " << parsed.error << std::endl;
  return parsed.code.value_or(-1);
}

}  // namespace cairn::server
