// cairn monitor: what a log says in a certifier's name and the certifier did not.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"
#include "tools/cairn/address.h"
#include "tools/cairn/command.h"
#include "tools/cairn/known_statements.h"
#include "tools/cairn/log_audit.h"
#include "witness/http/client.h"
#include "witness/http/url.h"

namespace cairn::cli {
namespace {

struct Options {
  AuditArguments audit;
  std::string certifier;
  std::string known;
  std::string webhook;
};

ExitCode CallWebhook(const std::string& url, const std::string& body) {
  const absl::StatusOr<http::Answer> answer =
      http::Client::Make({})->Post(url, body, "application/json");
  if (answer.ok() && answer->status >= 200 && answer->status < 300) return kYes;
  Complain(answer.ok() ? absl::StrCat(http::MaskUrl(url), ": HTTP status ", answer->status)
                       : std::string(answer.status().message()));
  return kUnable;
}

ExitCode Run(const Options& options) {
  if (const absl::Status name = entry::ValidateText("--certifier", options.certifier, false);
      !name.ok()) {
    Misused(std::string(name.message()));
  }
  const absl::StatusOr<KnownStatements> known = KnownStatements::Read(options.known);
  if (!known.ok()) {
    Complain(known.status());
    return kUnable;
  }
  const auto judge = [&](LeafIndex, absl::string_view bytes) -> std::optional<witness::Finding> {
    const absl::StatusOr<entry::Entry> entry = entry::Decode(bytes);
    return known->Judge(std::get<entry::SignedStatement>(entry->body).statement);
  };
  const absl::StatusOr<AuditRun> run = RunAudit(
      options.audit, {.watch = options.certifier, .judge = judge, .known = known->Digest()});
  if (!run.ok()) {
    Complain(run.status());
    return kUnable;
  }
  nlohmann::ordered_json json = AuditJson(options.audit, *run);
  json["certifier"] = options.certifier;
  json["statements"] = run->report.watched;
  json["known_hashes"] = known->size();
  json["known_hashes_alone"] = known->hashes_alone();
  if (options.audit.json) {
    std::cout << JsonLine(json);
  } else {
    std::cout << "certifier   " << options.certifier << ": "
              << Counted(run->report.watched, "statement")
              << " in the log; known: " << Counted(known->size(), "hash", "hashes")
              << ", without evidence " << known->hashes_alone() << "\n"
              << AuditText(options.audit, *run);
  }
  if (run->report.sound()) return kYes;
  const bool is_new = run->report.finding_count > run->report.earlier_findings;
  // A finding is what the exit status is about, whether or not the webhook could be told.
  if (!options.webhook.empty() && is_new) CallWebhook(options.webhook, JsonLine(json));
  return kNo;
}

}  // namespace

void AddMonitor(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "monitor",
      "Audits a log as `cairn audit` does, and reports every statement under a certifier's name "
      "that the certifier does not know, statements on which only the hash is known, and each "
      "change of the certifier's key, until they are acknowledged. Exit code 1: there is one, or "
      "the log is not sound",
      "cairn monitor --log https://log.example.org --policy trust.policy --certifier acme "
      "--known ./evidence --state ./acme.monitor",
      &options->audit.json);
  command
      .Add("--log", options->audit.log,
           "The log's URL, or a directory with its tiles, as tlog-tiles names them")
      .Required()
      .Check(CheckUrlOrPath);
  command.Add("--certifier", options->certifier, "The certifier's name").Required();
  command
      .Add("--known", options->known,
           "Directory of what it stated: evidence files (*.cairn.json), which say the whole "
           "statement; records (*.json) and lists of hashes in hex (*.hashes), which do not: what "
           "the log has on such a hash is listed for you to look at")
      .Required();
  command.Add("--webhook", options->webhook,
              "URL to which new findings are posted, as --json prints them");
  AddAuditOptions(command, &options->audit);
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
