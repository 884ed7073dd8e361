// cairn status: how far the log says that the proof of an entry has come.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/cairn/anchor_text.h"
#include "tools/cairn/anchor_view.h"
#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"
#include "tools/cairn/statement_list.h"

namespace cairn::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  EntryChoiceOptions entry;
  bool json = false;
};

// All statements on the hash that is asked about; nullopt where it is no statement.
absl::StatusOr<std::optional<StatementList>> FetchStatements(LogClient& client,
                                                             const EntryChoice& choice) {
  std::optional<Hash> hash = choice.hash;
  if (!hash.has_value()) {
    const absl::StatusOr<std::optional<Hash>> at = FetchHashAt(client, *choice.index);
    if (!at.ok()) return at.status();
    hash = *at;
  }
  if (!hash.has_value()) return std::optional<StatementList>();
  absl::StatusOr<StatementList> all = StatementList::Fetch(
      client, *hash, [](const auto&, const auto&) { return absl::OkStatus(); });
  if (!all.ok()) return all.status();
  return std::optional(*std::move(all));
}

void Say(const Options& options, const v1::GetProofStateResponse& answer, const std::string& log,
         const std::optional<StatementList>& all) {
  if (!options.json) {
    std::cout << "rule in force: " << (answer.rule().empty() ? "none" : Printable(answer.rule()))
              << "\n";
  }
  bool is_first = true;
  for (const v1::EntryProofState& entry : answer.entries()) {
    if (!options.json) {
      std::cout << EntryStateText(entry);
      continue;
    }
    nlohmann::ordered_json json = EntryStateJson(entry, answer.rule(), log);
    if (all.has_value()) {
      const std::optional<LeafIndex> by = all->SupersededBy(LeafIndex(entry.index()));
      if (by.has_value()) json["superseded_by"] = by->value();
      if (std::exchange(is_first, false)) json["log_reports"] = all->Json();
    }
    std::cout << JsonLine(json);
  }
}

ExitCode Run(const Options& options) {
  const EntryChoice choice = ReadEntryChoice(options.entry);
  absl::StatusOr<std::unique_ptr<LogClient>> client = OpenLog(options.connection);
  if (!client.ok()) {
    Complain(client.status());
    return kUnable;
  }
  const absl::StatusOr<v1::GetProofStateResponse> answer = FetchProofStates(**client, choice);
  if (!answer.ok()) Complain(answer.status());
  const absl::StatusOr<std::optional<StatementList>> all = FetchStatements(**client, choice);
  const bool has_list = all.ok() && all->has_value() && (*all)->size() > 0;
  const std::optional<StatementList> list = has_list ? *all : std::nullopt;
  if (answer.ok()) Say(options, *answer, (*client)->address(), list);
  // Also of a log without anchors, or where another index was asked for.
  if (has_list && !options.json) std::cout << list->Text();
  if (has_list && options.json && !answer.ok()) {
    std::cout << JsonLine({{"log_reports", list->Json()}});
  }
  if (!answer.ok()) return ExitCodeOf(answer.status());
  if (all.ok()) return kYes;
  Complain(absl::StrCat("what else was stated on it cannot be listed: ", all.status().message()));
  return absl::IsUnimplemented(all.status()) ? kYes : ExitCodeOf(all.status());
}

}  // namespace

void AddStatus(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "status",
      "Asks the log how far the proof of an entry has come: pending, anchored or verified; and "
      "lists every statement that it has on the same hash. All that is the log's report and proves "
      "nothing; `cairn evidence` and `cairn verify` do",
      "cairn status --log 127.0.0.1:7717 --index 5", &options->json);
  AddConnectionOptions(command, &options->connection);
  AddEntryChoice(command, &options->entry);
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
