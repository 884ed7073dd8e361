// cairn checkpoint: the log's newest checkpoint.

#include <unistd.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"
#include "tools/cairn/log_view.h"

namespace cairn::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  std::string log_key;
  bool json = false;
};

ExitCode Run(const Options& options) {
  const std::optional<note::VerifierKey> log_key = LogKeyOption(options.log_key);
  absl::StatusOr<std::unique_ptr<LogClient>> client = OpenLog(options.connection);
  if (!client.ok()) {
    Complain(client.status());
    return kUnable;
  }
  const absl::StatusOr<CheckpointAnswer> answer = FetchCheckpoint(**client, log_key);
  if (!answer.ok()) {
    Complain(answer.status());
    return answer.status().code() == absl::StatusCode::kInvalidArgument ? kNo : kUnable;
  }
  if (options.json) {
    nlohmann::ordered_json json;
    json["origin"] = answer->checkpoint.origin;
    json["tree_size"] = answer->checkpoint.size.value();
    json["root"] = answer->checkpoint.root.Hex();
    json["signature_checked"] = log_key.has_value();
    json["note"] = answer->note;
    std::cout << JsonLine(json);
  } else {
    // A file or another tool gets it as it stands, so that it can be kept and verified. Nothing
    // keeps a log from putting into a note what drives a terminal.
    std::cout << (isatty(STDOUT_FILENO) != 0 ? PrintableLines(answer->note) : answer->note);
    if (!log_key) Complain("no --log_key: the signature was not checked");
  }
  return kYes;
}

}  // namespace

void AddCheckpoint(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "checkpoint",
      "Prints the log's newest checkpoint, a C2SP signed note: the log's promise "
      "alone, not witnessed",
      "cairn checkpoint --log 127.0.0.1:7717 --log_key log.example/cairn+ac93c5d7+AeN...",
      &options->json);
  AddConnectionOptions(command, &options->connection);
  command.Add(Spellings("log_key"), options->log_key,
              "The log's vkey: the checkpoint must be signed with it");
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
