// cairn audit: reads a log from outside, whole, and says what is wrong with it.

#include <cstdint>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/cairn/address.h"
#include "tools/cairn/anchored_rounds.h"
#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"
#include "tools/cairn/log_audit.h"
#include "tools/cairn/trust.h"

namespace cairn::cli {
namespace {

struct Options {
  AuditArguments audit;
  bool anchors = false;
  ConnectionOptions connection;
  TrustOptions trust;
};

// What --anchors asks for, and the answers.
struct Anchors {
  std::unique_ptr<LogClient> log;
  std::unique_ptr<Trust> trust;
  std::unique_ptr<AnchoredRounds> rounds;
  uint64_t round_count = 0;
  std::vector<std::string> gaps;
  uint64_t gap_count = 0;
};

absl::StatusOr<Anchors> OpenAnchors(Options options) {
  Anchors anchors;
  absl::StatusOr<std::unique_ptr<LogClient>> log = OpenLog(options.connection);
  if (!log.ok()) return log.status();
  anchors.log = *std::move(log);
  options.trust.log_key = options.audit.log_key;
  options.trust.policy = options.audit.policy;
  absl::StatusOr<std::unique_ptr<Trust>> trust = Trust::Read(options.trust);
  if (!trust.ok()) return trust.status();
  anchors.trust = *std::move(trust);
  anchors.rounds = std::make_unique<AnchoredRounds>(*anchors.log, anchors.trust->anchors());
  return anchors;
}

nlohmann::ordered_json AnchorsJson(const Anchors& anchors) {
  const AnchoredRounds::Receipts& receipts = anchors.rounds->receipts();
  return {{"log", anchors.log->address()},
          {"rounds", anchors.round_count},
          {"receipts_verified", receipts.verified},
          {"receipts_accepted", receipts.accepted},
          {"receipts_false", receipts.failed},
          {"gap_count", anchors.gap_count},
          {"gaps", anchors.gaps}};
}

std::string AnchorsText(const Anchors& anchors) {
  const AnchoredRounds::Receipts& receipts = anchors.rounds->receipts();
  std::string text =
      absl::StrCat("anchored    ", Counted(anchors.round_count, "round"),
                   "; receipts of those read now: ", receipts.verified, " verified here, ",
                   receipts.accepted, " accepted, ", receipts.failed, " false\n");
  for (const std::string& gap : anchors.gaps) {
    absl::StrAppend(&text, "gap         ", Printable(gap), "\n");
  }
  if (anchors.gap_count > anchors.gaps.size()) {
    absl::StrAppend(&text, "gap         and ", anchors.gap_count - anchors.gaps.size(), " more\n");
  }
  return text;
}

void CheckUsage(const Options& options) {
  if (options.anchors && options.connection.address.empty()) {
    Misused("--anchors needs --log HOST:PORT: rounds are served over gRPC");
  }
  if (options.anchors) return;
  for (const auto& [name, value] : {std::pair("--log", &options.connection.address),
                                    {"--tsa_roots", &options.trust.tsa_roots},
                                    {"--headers", &options.trust.headers}}) {
    if (!value->empty()) Misused(absl::StrCat(name, " goes with --anchors"));
  }
}

ExitCode Run(const Options& options) {
  CheckUsage(options);
  Anchors anchors;
  if (options.anchors) {
    absl::StatusOr<Anchors> opened = OpenAnchors(options);
    if (!opened.ok()) {
      Complain(opened.status());
      return kUnable;
    }
    anchors = *std::move(opened);
  }
  const absl::StatusOr<AuditRun> run = RunAudit(options.audit, {.rounds = anchors.rounds.get()});
  absl::Status status = run.status();
  if (run.ok() && options.anchors) {
    anchors.round_count = run->report.rounds;
    status = anchors.rounds->ReadGaps(anchors.gaps, anchors.gap_count);
  }
  // What was found stands, also where the gaps cannot be asked for.
  if (!status.ok()) Complain(status);
  if (!run.ok()) return kUnable;
  if (options.audit.json) {
    nlohmann::ordered_json json = AuditJson(options.audit, *run);
    if (options.anchors) json["anchors"] = AnchorsJson(anchors);
    std::cout << JsonLine(json);
  } else {
    std::cout << (options.anchors ? AnchorsText(anchors) : "") << AuditText(options.audit, *run);
  }
  if (!run->report.sound()) return kNo;
  return status.ok() ? kYes : kUnable;
}

}  // namespace

void AddAudit(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "audit",
      "Reads a whole log from outside: that it continues what was seen before, every tile and the "
      "root, signatures, certifiers, repeats, times and age; with --anchors also what outside "
      "systems were given. Exit code 1: something is wrong with the log, or was in an earlier run, "
      "and nobody has acknowledged it; 3: it could not be read, which says nothing about the log",
      "cairn audit https://log.example.org --policy trust.policy --state ./log.audit",
      &options->audit.json);
  command
      .Add("LOG", options->audit.log,
           "The log's URL, or a directory with its tiles, as tlog-tiles names them")
      .Required()
      .Check(CheckUrlOrPath);
  AddAuditOptions(command, &options->audit);
  command.AddFlag("--anchors", options->anchors,
                  "Also that every anchored checkpoint is signed by the log, continues the one "
                  "before and leads to the tree shown now; that receipts are over these "
                  "checkpoints, and by --tsa_roots and --headers; lists the gaps. With --log");
  AddConnectionOptions(command, &options->connection).Required(false);
  AddAnchorTrustOptions(command, &options->trust);
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
