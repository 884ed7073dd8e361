// cairn prove: what the log holds about a certificate hash, with fresh proofs.

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/entry/entry.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"
#include "tools/cairn/evidence_file.h"
#include "tools/cairn/file.h"
#include "tools/cairn/log_view.h"
#include "tools/cairn/report_text.h"
#include "tools/cairn/statement_list.h"

namespace cairn::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  std::string hash;
  std::string certifier;
  std::optional<uint64_t> index;
  std::string log_key;
  std::string out;
  bool json = false;
};

struct Proven {
  evidence::Evidence evidence;
  evidence::Report report;
};

absl::StatusOr<Proven> Check(const v1::ProvenEntry& entry, const std::string& checkpoint,
                             const Hash& hash, const std::optional<note::VerifierKey>& log_key) {
  absl::StatusOr<evidence::Evidence> evidence = MakeEvidence({.index = entry.index(),
                                                              .entry = entry.entry(),
                                                              .proof = entry.proof(),
                                                              .checkpoint = checkpoint},
                                                             std::nullopt, {});
  if (!evidence.ok()) return evidence.status();
  evidence::VerifyOptions verify_options;
  verify_options.log_key = log_key;
  verify_options.certificate_hash = hash;
  absl::StatusOr<evidence::Report> report = evidence::Verify(*evidence, verify_options);
  if (!report.ok()) return report.status();
  if (absl::Status good = CheckReport(*evidence, *report, log_key.has_value()); !good.ok()) {
    return good;
  }
  return Proven{*std::move(evidence), *std::move(report)};
}

struct Found {
  // Those that were asked for, and all that the log reports.
  std::vector<Proven> chosen;
  StatementList all;
};

// All statements on the hash, each checked, whatever was asked for: what else was said on it, and
// what supersedes what, belongs to the answer.
absl::StatusOr<Found> Fetch(const Options& options, LogClient& client, const Hash& hash,
                            const std::optional<note::VerifierKey>& log_key) {
  std::vector<Proven> chosen;
  absl::StatusOr<StatementList> all = StatementList::Fetch(
      client, hash,
      [&](const v1::ProveResponse& answer, const v1::ProvenEntry& entry) -> absl::Status {
        absl::StatusOr<Proven> proven = Check(entry, answer.checkpoint(), hash, log_key);
        if (!proven.ok()) return proven.status();
        const std::string& certifier = proven->report.claim.statement.certifier;
        if (options.index && entry.index() != *options.index) return absl::OkStatus();
        if (!options.certifier.empty() && certifier != options.certifier) return absl::OkStatus();
        chosen.push_back(*std::move(proven));
        return absl::OkStatus();
      });
  if (!all.ok()) return all.status();
  if (chosen.empty()) {
    return absl::NotFoundError(
        all->size() == 0 ? "the log has no such statement"
                         : "the log has no such statement: others on this hash are by other "
                           "certifiers or at other indexes");
  }
  return Found{std::move(chosen), *std::move(all)};
}

// Whether what is printed of each, and the exit code, may say that it is verified.
bool AllVerified(const std::vector<Proven>& found) {
  return std::all_of(found.begin(), found.end(),
                     [](const Proven& proven) { return proven.report.verified(); });
}

void Say(const Options& options, const Found& found) {
  bool is_first = true;
  for (const Proven& proven : found.chosen) {
    const evidence::Claim& claim = proven.report.claim;
    const std::optional<LeafIndex> by = found.all.SupersededBy(claim.index);
    if (options.json) {
      nlohmann::ordered_json json = ReportJson(proven.report);
      if (by.has_value()) json["superseded_by"] = by->value();
      if (std::exchange(is_first, false)) json["log_reports"] = found.all.Json();
      std::cout << JsonLine(json);
      continue;
    }
    std::cout << "sha256:" << claim.statement.certificate_hash.Hex() << " by "
              << claim.statement.certifier << " at " << claim.index.value() << ": "
              << (proven.report.verified() ? proven.report.headline
                                           : "NOT PROVEN: in the log, as it says itself")
              << (by.has_value() ? absl::StrCat("; SUPERSEDED by entry ", by->value()) : "") << "\n"
              << ReportText(proven.report);
  }
  if (!options.json) std::cout << found.all.Text();
}

absl::Status Write(const Options& options, const std::vector<Proven>& found) {
  if (found.size() > 1) {
    std::vector<std::string> which;
    for (const Proven& proven : found) {
      which.push_back(absl::StrCat(proven.report.claim.index.value(), " by ",
                                   proven.report.claim.statement.certifier));
    }
    return absl::FailedPreconditionError(
        absl::StrCat("--out holds one entry and there are several (", absl::StrJoin(which, ", "),
                     "): choose with --certifier or --index"));
  }
  const absl::StatusOr<std::string> bytes = evidence::Format(found[0].evidence);
  if (!bytes.ok()) return bytes.status();
  const absl::Status created = CreateFile(options.out, *bytes, /*mode=*/0644);
  if (created.code() != absl::StatusCode::kAlreadyExists) return created;
  return absl::AlreadyExistsError(
      absl::StrCat(created.message(), ": it may open blinded ids that this would not"));
}

ExitCode Run(const Options& options) {
  const absl::StatusOr<Hash> hash = ParseHash(options.hash);
  if (!hash.ok()) Misused(std::string(hash.status().message()));
  if (!options.certifier.empty()) {
    const absl::Status good =
        entry::ValidateText("--certifier", options.certifier, /*allow_empty=*/false);
    if (!good.ok()) Misused(std::string(good.message()));
  }
  const std::optional<note::VerifierKey> log_key = LogKeyOption(options.log_key);
  absl::StatusOr<std::unique_ptr<LogClient>> client = OpenLog(options.connection);
  if (!client.ok()) {
    Complain(client.status());
    return kUnable;
  }
  const absl::StatusOr<Found> found = Fetch(options, **client, *hash, log_key);
  if (!found.ok()) {
    Complain(found.status());
    const absl::StatusCode code = found.status().code();
    const bool no =
        code == absl::StatusCode::kNotFound || code == absl::StatusCode::kInvalidArgument;
    return no ? kNo : kUnable;
  }
  Say(options, *found);
  if (!log_key) {
    Complain("no --log_key: the checkpoint's signature was not checked, so nothing is verified");
  }
  const ExitCode verified = AllVerified(found->chosen) ? kYes : kNo;
  if (options.out.empty()) return verified;
  if (absl::Status written = Write(options, found->chosen); !written.ok()) {
    Complain(written);
    return kUnable;
  }
  return verified;
}

}  // namespace

void AddProve(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "prove",
      "Asks the log for the statements on a certificate hash, with inclusion proofs, and lists all "
      "that it reports on the hash. Exit code 0: each one shown is verified, which needs "
      "--log_key; "
      "1: it is not, or the log has none",
      "cairn prove --log 127.0.0.1:7717 "
      "sha256:8df1e642efaee1f86a0d31cc4731f566d41f0b12e47157028ff2f"
      "85de01173c6",
      &options->json);
  AddConnectionOptions(command, &options->connection);
  command.Add("HASH", options->hash, "64 hex digits, with or without sha256: before them")
      .Required();
  command.Add("--certifier", options->certifier, "Show only statements by this one");
  command.AddNumber("--index", "Show only the one at this leaf index",
                    [options](uint64_t index) { options->index = index; });
  command.Add(Spellings("log_key"), options->log_key,
              "The log's vkey: the checkpoint must be signed with it");
  command.Add("--out", options->out, "Write the evidence to this file; must not exist");
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
