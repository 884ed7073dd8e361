// cairn upgrade: evidence files, with what outside systems have given since they were written.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "anchor/evidence/evidence.h"
#include "tools/cairn/anchor_view.h"
#include "tools/cairn/command.h"
#include "tools/cairn/connection.h"
#include "tools/cairn/file.h"
#include "tools/cairn/improvement.h"
#include "tools/cairn/interrupt.h"
#include "tools/cairn/renewals.h"
#include "tools/cairn/trust.h"

namespace cairn::cli {
namespace {

struct Options {
  ConnectionOptions connection;
  std::vector<std::string> files;
  TrustOptions trust;
  bool json = false;
};

// The names are persistent: scripts depend on them.
struct Result {
  std::string outcome;
  std::string reason = {};
  std::vector<std::string> anchors = {};
  size_t renewals = 0;
  ExitCode exit_code = kYes;
};

Result Unable(const absl::Status& status) {
  return {.outcome = "unable", .reason = std::string(status.message()), .exit_code = kUnable};
}

// What Improve's codes mean for the file.
Result Left(const absl::Status& status) {
  const std::string reason(status.message());
  switch (status.code()) {
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return {.outcome = "unchanged", .reason = reason};
    case absl::StatusCode::kFailedPrecondition:
      return {.outcome = "refused", .reason = reason, .exit_code = kNo};
    default:
      return {.outcome = "failed", .reason = reason, .exit_code = kNo};
  }
}

Result Upgrade(const std::string& file, LogClient& client, ReceiptEntries& entries,
               const Trust& trust) {
  const absl::StatusOr<std::string> bytes = ReadFile(file, evidence::kMaxEvidenceBytes);
  if (!bytes.ok()) return Unable(bytes.status());
  const absl::StatusOr<evidence::Evidence> old = evidence::Parse(*bytes);
  if (!old.ok()) return Left(absl::FailedPreconditionError(old.status().message()));
  const absl::StatusOr<evidence::Evidence> fresh =
      FetchEvidence(client, old->proof.index, old->kind, old->openings);
  if (!fresh.ok()) {
    return ExitCodeOf(fresh.status()) == kNo ? Left(fresh.status()) : Unable(fresh.status());
  }
  const absl::StatusOr<evidence::Evidence> improved = Improve(*old, *fresh, trust);
  const bool nothing_more =
      absl::IsAlreadyExists(improved.status()) || absl::IsAborted(improved.status());
  if (!improved.ok() && !nothing_more) return Left(improved.status());
  evidence::Evidence better = improved.ok() ? *improved : *old;
  const absl::StatusOr<size_t> renewals = AddRenewals(client, entries, trust, better);
  if (!renewals.ok() && !improved.ok()) {
    // A log of an earlier release, or one that shows strangers no entries, has none to give.
    return absl::IsUnimplemented(renewals.status()) ? Left(improved.status())
                                                    : Unable(renewals.status());
  }
  if (!improved.ok() && renewals.value_or(0) == 0) return Left(improved.status());
  const absl::StatusOr<std::string> formatted = evidence::Format(better);
  if (!formatted.ok()) return Left(formatted.status());
  if (absl::Status replaced = ReplaceFile(file, *formatted); !replaced.ok()) {
    return Unable(replaced);
  }
  Result result{.outcome = "upgraded", .renewals = better.renewals.size()};
  for (const evidence::AnchorReceipt& receipt : better.receipts) {
    result.anchors.push_back(receipt.anchor);
  }
  if (!renewals.ok() && !absl::IsUnimplemented(renewals.status())) {
    result.reason = absl::StrCat("its renewals: ", renewals.status().message());
    result.exit_code = kUnable;
  }
  return result;
}

void Say(const Options& options, const std::string& file, const Result& result) {
  if (options.json) {
    nlohmann::ordered_json json = {{"file", file}, {"outcome", result.outcome}};
    if (!result.reason.empty()) json["reason"] = result.reason;
    if (result.outcome == "upgraded") {
      json["anchors"] = result.anchors;
      if (result.renewals > 0) json["renewals"] = result.renewals;
    }
    std::cout << JsonLine(json);
    return;
  }
  std::cout << Printable(file, kMaxShownLine) << ": " << result.outcome;
  if (!result.anchors.empty()) {
    std::cout << ", receipts of " << Printable(absl::StrJoin(result.anchors, ", "));
  }
  if (result.renewals > 0) {
    std::cout << ", " << result.renewals << (result.renewals == 1 ? " renewal" : " renewals");
  }
  if (result.exit_code == kYes && !result.reason.empty()) {
    std::cout << ": " << Printable(result.reason);
  }
  std::cout << std::endl;
  if (result.exit_code != kYes) Complain(absl::StrCat(file, ": ", result.reason));
}

ExitCode Run(const Options& options) {
  const absl::StatusOr<std::unique_ptr<Trust>> trust = Trust::Read(options.trust);
  absl::StatusOr<std::unique_ptr<LogClient>> client = OpenLog(options.connection);
  for (const absl::Status& opened : {trust.status(), client.status()}) {
    if (opened.ok()) continue;
    Complain(opened);
    return kUnable;
  }
  CatchInterrupts();
  ExitCode worst = kYes;
  ReceiptEntries entries(**client);
  for (const std::string& file : options.files) {
    const Result result = Interrupted() ? Unable(absl::CancelledError("interrupted"))
                                        : Upgrade(file, **client, entries, **trust);
    Say(options, file, result);
    worst = Worse(worst, result.exit_code);
  }
  return worst;
}

}  // namespace

void AddUpgrade(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "upgrade",
      "Fetches what outside systems have given for entries since their evidence was written, and "
      "later receipts that cover the earlier ones (renewals), and adds it to the files: nothing "
      "that "
      "they have is lost. Give the trust anchors that "
      "`cairn verify` gets: what they cannot prove is taken as the log gives it",
      "cairn upgrade --log 127.0.0.1:7717 --policy trust.policy --tsa_roots root.pem "
      "evidence/*.cairn.json",
      &options->json);
  AddConnectionOptions(command, &options->connection);
  command.Add("FILE", options->files, "Evidence files").Required();
  AddTrustOptions(command, &options->trust);
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
