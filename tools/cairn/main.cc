// The command-line client of a cairn log.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <streambuf>
#include <string>
#include <vector>

#include "tools/cairn/command.h"
#include "witness/server/command_line.h"
#include "witness/server/version.h"

namespace {

// Stands in for standard output's own while it lives, and knows whether anything was written.
class CountingBuffer : public std::streambuf {
 public:
  CountingBuffer() : to_(std::cout.rdbuf(this)) {}
  ~CountingBuffer() override { std::cout.rdbuf(to_); }
  bool any() const { return any_; }

 protected:
  int overflow(int character) override {
    any_ = true;
    return to_->sputc(static_cast<char>(character));
  }
  std::streamsize xsputn(const char* bytes, std::streamsize size) override {
    any_ = any_ || size > 0;
    return to_->sputn(bytes, size);
  }
  int sync() override { return to_->pubsync(); }

 private:
  std::streambuf* const to_;
  bool any_ = false;
};

// Asked for before it is known whether the command line makes sense.
bool WantsJson(const std::vector<std::string>& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::find(arguments.begin(), end, "--json") != end;
}

// The document of a command that has no other.
void PrintError(cairn::cli::ExitCode exit_code) {
  const cairn::cli::Complaint last = cairn::cli::LastComplaint();
  std::string code = last.code;
  if (exit_code == cairn::cli::kUsage) code = "usage";
  if (code.empty()) code = exit_code == cairn::cli::kNo ? "no" : "unable";
  std::cout << cairn::cli::JsonLine({{"error", {{"code", code}, {"message", last.message}}}});
}

cairn::cli::ExitCode Run(const std::vector<std::string>& arguments) {
  CLI::App app("Submits certificates to a cairn log and verifies what it answers.", "cairn");
  cairn::server::PrepareCommandLine(app, std::string("cairn ") + cairn::server::kVersion);
  app.require_subcommand(1);
  app.footer(
      "Example:\n"
      "  cairn submit --log 127.0.0.1:7717 --log_key VKEY --out out record.json\n"
      "  cairn verify --log_key VKEY --certificate record.json out/record.cairn.json\n\n"
      "`cairn help SUBCOMMAND` has more.");
  cairn::cli::ExitCode exit_code = cairn::cli::kYes;
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
  cairn::cli::AddShow(app, &exit_code);
  cairn::cli::AddDiff(app, &exit_code);
  cairn::cli::AddRedact(app, &exit_code);
  cairn::cli::AddRun(app, &exit_code);
  cairn::cli::AddStatus(app, &exit_code);
  cairn::cli::AddAnchors(app, &exit_code);
  cairn::cli::AddWatch(app, &exit_code);
  cairn::cli::AddEvidence(app, &exit_code);
  cairn::cli::AddUpgrade(app, &exit_code);
  cairn::cli::AddRotate(app, &exit_code);
  cairn::cli::AddExtract(app, &exit_code);
  cairn::cli::AddVerifyMisbehaviour(app, &exit_code);
  const cairn::server::CommandLineResult parsed = cairn::server::ParseCommandLine(app, arguments);
  if (!parsed.error.empty()) cairn::cli::Complain(parsed.error);
  return parsed.code ? static_cast<cairn::cli::ExitCode>(*parsed.code) : exit_code;
}

cairn::cli::ExitCode RunAndReport(const std::vector<std::string>& arguments) {
  const bool json = WantsJson(arguments);
  if (json && !arguments.empty() && arguments[0] == "version") {
    std::cout << cairn::cli::JsonLine({{"version", cairn::server::kVersion}});
    return cairn::cli::kYes;
  }
  const CountingBuffer counting;
  const cairn::cli::ExitCode exit_code = Run(arguments);
  if (exit_code != cairn::cli::kYes && json && !counting.any()) PrintError(exit_code);
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  cairn::server::KeepStandardDescriptors();
  // gRPC reports its own trouble through status; its log lines would only stand between ours. Names
  // are looked up as other programs do, by the system.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  setenv("GRPC_DNS_RESOLVER", "native", /*overwrite=*/0);
  try {
    const cairn::cli::ExitCode exit_code = RunAndReport({argv + 1, argv + argc});
    // An answer that could not be written down was not given.
    if (std::cout.flush()) return exit_code;
    cairn::cli::Complain("could not write to standard output");
  } catch (const std::exception& error) {
    // Of a library, such as for want of memory: ours throw nothing else.
    std::fprintf(stderr, "cairn: %s\n", error.what());
  }
  return cairn::cli::kUnable;
}
