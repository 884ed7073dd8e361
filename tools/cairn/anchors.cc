// cairn anchors: the rounds in which a log was anchored, as it lists them.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/cairn/anchor_text.h"
#include "tools/cairn/anchor_view.h"
#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"
#include "tools/cairn/interrupt.h"

namespace cairn::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  std::optional<uint64_t> from;
  bool json = false;
};

constexpr uint32_t kRoundsInAnAnswer = 256;

// Says the rounds of one answer, which must come after round `after`; moves that on.
absl::Status Say(const Options& options, const v1::ListAnchorRoundsResponse& answer,
                 std::optional<uint64_t>& after) {
  for (const v1::AnchorRound& round : answer.rounds()) {
    if ((after && round.number() <= *after) || round.number() < options.from.value_or(0)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the log's answer is false: round ", round.number(), " is out of order"));
    }
    std::cout << (options.json ? JsonLine(RoundJson(round)) : RoundText(round));
    after = round.number();
  }
  return absl::OkStatus();
}

// Page by page, up to what was the last round at the first answer.
absl::Status List(const Options& options, LogClient& client) {
  std::optional<uint64_t> after, last;
  while (!Interrupted()) {
    v1::ListAnchorRoundsRequest request;
    if (options.from) request.set_max_rounds(kRoundsInAnAnswer);
    if (after) {
      request.set_from_round(*after + 1);
    } else if (options.from) {
      request.set_from_round(*options.from);
    }
    const absl::StatusOr<v1::ListAnchorRoundsResponse> answer = client.ListAnchorRounds(request);
    if (!answer.ok()) return answer.status();
    if (!last) {
      last = answer->last_round();
      if (!options.json) {
        std::cout << *last << (*last == 1 ? " round" : " rounds")
                  << ", the log reports; rule in force: "
                  << (answer->rule().empty() ? "none" : Printable(answer->rule())) << "\n";
      }
    }
    if (absl::Status said = Say(options, *answer, after); !said.ok()) return said;
    if (answer->rounds().empty() || *after >= *last) return absl::OkStatus();
  }
  return absl::CancelledError("interrupted");
}

ExitCode Run(const Options& options) {
  absl::StatusOr<std::unique_ptr<LogClient>> client = OpenLog(options.connection);
  if (!client.ok()) {
    Complain(client.status());
    return kUnable;
  }
  CatchInterrupts();
  if (const absl::Status listed = List(options, **client); !listed.ok()) {
    Complain(listed);
    return ExitCodeOf(listed);
  }
  return kYes;
}

}  // namespace

void AddAnchors(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "anchors",
      "Lists the rounds in which the log handed a checkpoint to outside systems, and how far each "
      "has come with it, as the log reports",
      "cairn anchors --log 127.0.0.1:7717 --from 1", &options->json);
  AddConnectionOptions(command, &options->connection);
  command.AddNumber("--from", "From this round to the last; by default the newest 16",
                    [options](uint64_t from) { options->from = from; });
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
