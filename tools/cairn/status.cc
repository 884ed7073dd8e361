// cairn status: how far the log says that the proof of an entry has come.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "tools/cairn/anchor_text.h"
#include "tools/cairn/anchor_view.h"
#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"

namespace cairn::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  EntryChoiceOptions entry;
  bool json = false;
};

void Say(const Options& options, const v1::GetProofStateResponse& answer, const std::string& log) {
  if (!options.json) {
    std::cout << "rule in force: " << (answer.rule().empty() ? "none" : Printable(answer.rule()))
              << "\n";
  }
  for (const v1::EntryProofState& entry : answer.entries()) {
    if (options.json) {
      std::cout << JsonLine(EntryStateJson(entry, answer.rule(), log));
    } else {
      std::cout << EntryStateText(entry);
    }
  }
}

ExitCode Run(const Options& options) {
  const EntryChoice choice = ReadEntryChoice(options.entry);
  absl::StatusOr<std::unique_ptr<LogClient>> client = OpenLog(options.connection);
  if (!client.ok()) {
    Complain(client.status().message());
    return kUnable;
  }
  const absl::StatusOr<v1::GetProofStateResponse> answer = FetchProofStates(**client, choice);
  if (!answer.ok()) {
    Complain(answer.status().message());
    return ExitCodeOf(answer.status());
  }
  Say(options, *answer, (*client)->address());
  return kYes;
}

}  // namespace

void AddStatus(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "status",
      "Asks the log how far the proof of an entry has come: pending, anchored or verified. That is "
      "the log's report and proves nothing; `cairn evidence` and `cairn verify` do",
      "cairn status --log 127.0.0.1:7717 --index 5", &options->json);
  AddConnectionOptions(command, &options->connection);
  AddEntryChoice(command, &options->entry);
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
