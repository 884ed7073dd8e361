#include "ledger/server/flags.h"

#include <iostream>
#include <string>

#include "CLI/CLI.hpp"
#include "witness/server/command_line.h"
#include "witness/server/version.h"

namespace cairn::server {
namespace {

constexpr char kFooter[] = R"(
Example, a log of one's own machine:
  cairn keygen --origin log.example.org/2026 --out log.key
  cairnd --data_dir ./log --origin log.example.org/2026 --key_file log.key \
         --grpc_address 127.0.0.1:7717

To be reached from other machines it needs TLS and declared certifiers, which stand in the
configuration file; its fields are documented in proto/config.proto.

Exit codes: 0 stopped by a signal, everything answered; 1 the log failed and stopped itself;
2 wrong flags or configuration; 3 could not start.
With --check: 0 it would start; 2 it would not; 3 that could not be found out.
)";

// CLI11's form: what is wrong, or nothing.
std::string NotEmpty(const std::string& value) {
  return value.empty() ? "is empty; give a value, or leave the flag out" : "";
}

}  // namespace

std::variant<Flags, Exit> ParseFlags(int argc, const char* const* argv) {
  Flags flags;
  CLI::App app("cairnd serves a transparency log.", "cairnd");
  app.footer(kFooter);
  PrepareCommandLine(app, std::string("cairnd ") + kVersion);
  app.add_option("--config", flags.config_file, "configuration file, protobuf text format");
  app.add_option("--data_dir", flags.data_dir, "directory of the log");
  app.add_option("--origin", flags.origin, "name of the log, for ever");
  app.add_option("--grpc_address", flags.grpc_address, "HOST:PORT to serve on; port 0: a free one");
  app.add_option("--http_address", flags.http_address,
                 "HOST:PORT for the tree's tiles, /metrics, /healthz, /readyz in plain text; port "
                 "0: a free one; "
                 "default: none");
  app.add_option("--key_file", flags.key_files,
                 "signing key, made by `cairn keygen`; may be given several times")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--witness_policy", flags.witness_policy,
                 "trust policy whose witnesses cosign this log; default: nothing is cosigned");
  app.add_option("--accept_unreachable_witness", flags.accept_unreachable_witnesses,
                 "take appends although this witness cannot confirm that the directory is the "
                 "newest; may be given several times")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--address_file", flags.address_file,
                 "write the bound HOST:PORT there once it serves");
  app.add_option("--http_address_file", flags.http_address_file, "likewise for http_address");
  app.add_flag("--accept_new_log_for_used_key", flags.accept_new_log_for_used_key,
               "begin a new log with a key that has signed another: who holds checkpoints of the "
               "other will see two histories");
  CLI::Option* const check =
      app.add_flag("--check", flags.check,
                   "check configuration, keys, TLS files, policy, anchors and ports; print what a "
                   "start would declare, rotate and retire in the log; change nothing");
  app.add_flag("--json", flags.json, "with --check: print one line of JSON")->needs(check);
  for (CLI::Option* option : app.get_options()) {
    // An unset variable in a script is not a flag that was not given.
    if (option->get_items_expected_max() > 0) option->check(NotEmpty);
  }
  const CommandLineResult parsed = ParseCommandLine(app, {argv + 1, argv + argc});
  if (!parsed.error.empty()) std::cerr << "cairnd: " << parsed.error << std::endl;
  if (parsed.code.has_value()) return Exit{*parsed.code};
  return flags;
}

}  // namespace cairn::server
