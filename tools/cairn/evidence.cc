// cairn evidence: the evidence file of an entry, with what outside systems have given by now.

#include "anchor/evidence/evidence.h"

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "anchor/evidence/verify.h"
#include "tools/cairn/anchor_view.h"
#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"
#include "tools/cairn/evidence_file.h"
#include "tools/cairn/file.h"
#include "tools/cairn/report_text.h"
#include "tools/cairn/trust.h"

namespace cairn::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  EntryChoiceOptions entry;
  TrustOptions trust;
  std::string out;
  bool json = false;
};

struct Fetched {
  evidence::Evidence evidence;
  evidence::Report report;
};

// The one entry that is meant. The log is asked only where a hash alone is given.
absl::StatusOr<LeafIndex> Find(LogClient& client, const EntryChoice& choice) {
  if (choice.index) return *choice.index;
  const absl::StatusOr<v1::GetProofStateResponse> answer = FetchProofStates(client, choice);
  if (!answer.ok()) return answer.status();
  if (answer->entries_size() > 1) {
    std::vector<uint64_t> indexes;
    for (const v1::EntryProofState& entry : answer->entries()) indexes.push_back(entry.index());
    return absl::FailedPreconditionError(
        absl::StrCat("a file holds one entry and the log has several (",
                     absl::StrJoin(indexes, ", "), "): choose with --certifier or --index"));
  }
  return LeafIndex(answer->entries(0).index());
}

absl::StatusOr<Fetched> Fetch(LogClient& client, const EntryChoice& choice, const Trust& trust) {
  const absl::StatusOr<LeafIndex> index = Find(client, choice);
  if (!index.ok()) return index.status();
  absl::StatusOr<evidence::Evidence> evidence = FetchEvidence(client, *index, std::nullopt, {});
  if (!evidence.ok()) return evidence.status();
  evidence::VerifyOptions options = trust.For(*evidence);
  if (choice.hash) options.certificate_hash = *choice.hash;
  absl::StatusOr<evidence::Report> report = evidence::Verify(*evidence, options);
  if (!report.ok()) return report.status();
  // Even where the policy has no key of the log: this is for whoever has one.
  if (absl::Status good = CheckReport(*evidence, *report, /*have_log_key=*/true); !good.ok()) {
    return good;
  }
  if (report->claim.unknown_kind) {
    return absl::FailedPreconditionError(
        absl::StrCat("the entry at ", index->value(), " is of kind ", *report->claim.unknown_kind,
                     ", newer than this program: it has no certificate hash to name a file by"));
  }
  if (!choice.certifier.empty() && report->claim.statement.certifier != choice.certifier) {
    return absl::InvalidArgumentError(
        absl::StrCat("the log answers a statement by `", report->claim.statement.certifier, "`"));
  }
  return Fetched{*std::move(evidence), *std::move(report)};
}

absl::StatusOr<std::string> Write(const Options& options, const Fetched& fetched) {
  const absl::StatusOr<std::string> bytes = evidence::Format(fetched.evidence);
  if (!bytes.ok()) return bytes.status();
  if (absl::Status made = MakeDirectories(options.out); !made.ok()) return made;
  std::string path =
      EvidencePath(options.out, fetched.report.claim.statement.certificate_hash.Hex());
  if (absl::Status created = CreateFile(path, *bytes, /*mode=*/0644); !created.ok()) {
    return created;
  }
  return path;
}

ExitCode Run(const Options& options) {
  const EntryChoice choice = ReadEntryChoice(options.entry);
  const absl::StatusOr<std::unique_ptr<Trust>> trust = Trust::Read(options.trust);
  absl::StatusOr<std::unique_ptr<LogClient>> client = OpenLog(options.connection);
  for (const absl::Status& opened : {trust.status(), client.status()}) {
    if (opened.ok()) continue;
    Complain(opened);
    return kUnable;
  }
  const absl::StatusOr<Fetched> fetched = Fetch(**client, choice, **trust);
  if (!fetched.ok()) {
    Complain(fetched.status());
    return ExitCodeOf(fetched.status());
  }
  const absl::StatusOr<std::string> path = Write(options, *fetched);
  if (!path.ok()) {
    Complain(path.status());
    return kUnable;
  }
  if (options.json) {
    nlohmann::ordered_json json = {{"evidence", *path}};
    json.update(ReportJson(fetched->report));
    std::cout << JsonLine(json);
  } else {
    std::cout << Printable(*path, kMaxShownLine)
              << ": written: " << Printable(fetched->report.headline, kMaxShownLine) << "\n"
              << ReportText(fetched->report);
  }
  return kYes;
}

}  // namespace

void AddEvidence(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "evidence",
      "Fetches the evidence of an entry with the receipts of outside systems, verifies it layer by "
      "layer, and writes DIR/HASH.cairn.json, which must not exist. A receipt may not be proven "
      "yet; with one that is false nothing is written",
      "cairn evidence --log 127.0.0.1:7717 --policy trust.policy --tsa_roots root.pem --out "
      "evidence --index 5",
      &options->json);
  AddConnectionOptions(command, &options->connection);
  AddEntryChoice(command, &options->entry);
  AddTrustOptions(command, &options->trust);
  command.Add("--out", options->out, "Directory; what is there is never replaced").Required();
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
