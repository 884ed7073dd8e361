// The command-line client of a cairn log.

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "tools/cairn/command.h"

int main(int argc, char** argv) {
  // gRPC reports its own trouble through status; its log lines would only stand between ours.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  CLI::App app("Submits certificates to a cairn log and verifies what it answers.", "cairn");
  app.require_subcommand(1);
  cairn::cli::ExitCode exit_code = cairn::cli::kYes;
  try {
    cairn::cli::AddKeygen(app, &exit_code);
    cairn::cli::AddHash(app, &exit_code);
    cairn::cli::AddSubmit(app, &exit_code);
    cairn::cli::AddProve(app, &exit_code);
    cairn::cli::AddVerify(app, &exit_code);
    cairn::cli::AddCheckpoint(app, &exit_code);
    cairn::cli::AddEntries(app, &exit_code);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // 0 is --help.
    return app.exit(error) == 0 ? cairn::cli::kYes : cairn::cli::kUsage;
  } catch (const std::exception& error) {
    // Of a library, such as for want of memory: ours throw nothing else.
    cairn::cli::Complain(error.what());
    return cairn::cli::kUnable;
  }
  // An answer that could not be written down was not given.
  if (!std::cout.flush()) {
    cairn::cli::Complain("could not write to standard output");
    return cairn::cli::kUnable;
  }
  return exit_code;
}
