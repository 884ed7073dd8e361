// The command-line client of a cairn log.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "tools/cairn/command.h"

namespace {

// In CLI11's order, the last first. It takes a positional argument [a,b] for a list of `a` and `b`;
// as a path from here a file of that name is found.
std::vector<std::string> Arguments(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) return arguments;
  const std::vector<const CLI::App*> named = app.get_subcommands(
      [&](const CLI::App* command) { return command->get_name() == arguments.front(); });
  for (size_t i = 1; i < arguments.size() && !named.empty(); ++i) {
    const std::string& before = arguments[i - 1];
    const CLI::Option* const option =
        absl::StartsWith(before, "-") ? named.front()->get_option_no_throw(before) : nullptr;
    const bool is_value = option != nullptr && option->get_items_expected_min() > 0;
    if (!is_value && absl::StartsWith(arguments[i], "[")) arguments[i].insert(0, "./");
  }
  std::reverse(arguments.begin(), arguments.end());
  return arguments;
}

cairn::cli::ExitCode Run(int argc, char** argv) {
  CLI::App app("Submits certificates to a cairn log and verifies what it answers.", "cairn");
  app.require_subcommand(1);
  app.set_version_flag("--version", "cairn 0.1.0");
  app.footer(
      "Example:\n"
      "  cairn submit --log 127.0.0.1:7717 --log_key VKEY --out out record.json\n"
      "  cairn verify --log_key VKEY --certificate record.json out/record.cairn.json\n\n"
      "`cairn SUBCOMMAND --help` has more.");
  cairn::cli::ExitCode exit_code = cairn::cli::kYes;
  try {
    cairn::cli::AddKeygen(app, &exit_code);
    cairn::cli::AddHash(app, &exit_code);
    cairn::cli::AddSubmit(app, &exit_code);
    cairn::cli::AddProve(app, &exit_code);
    cairn::cli::AddVerify(app, &exit_code);
    cairn::cli::AddCheckpoint(app, &exit_code);
    cairn::cli::AddEntries(app, &exit_code);
    cairn::cli::AddBench(app, &exit_code);
    cairn::cli::AddFsck(app, &exit_code);
    cairn::cli::AddBackup(app, &exit_code);
    cairn::cli::AddRestore(app, &exit_code);
    cairn::cli::AddPolicy(app, &exit_code);
    cairn::cli::AddAudit(app, &exit_code);
    cairn::cli::AddMonitor(app, &exit_code);
    cairn::cli::AddStatus(app, &exit_code);
    cairn::cli::AddAnchors(app, &exit_code);
    cairn::cli::AddWatch(app, &exit_code);
    cairn::cli::AddEvidence(app, &exit_code);
    cairn::cli::AddUpgrade(app, &exit_code);
    cairn::cli::AddRotate(app, &exit_code);
    cairn::cli::AddExtract(app, &exit_code);
    cairn::cli::AddVerifyMisbehaviour(app, &exit_code);
    app.parse(Arguments(app, argc, argv));
  } catch (const CLI::ParseError& error) {
    // 0 is --help.
    return app.exit(error) == 0 ? cairn::cli::kYes : cairn::cli::kUsage;
  }
  // An answer that could not be written down was not given.
  if (!std::cout.flush()) {
    cairn::cli::Complain("could not write to standard output");
    return cairn::cli::kUnable;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  // gRPC reports its own trouble through status; its log lines would only stand between ours.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    // Of a library, such as for want of memory: ours throw nothing else.
    std::fprintf(stderr, "cairn: %s\n", error.what());
    return cairn::cli::kUnable;
  }
}
