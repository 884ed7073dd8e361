// cairn verify: checks evidence files. Reads files alone; never touches the network.

#include "anchor/evidence/verify.h"

#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"
#include "tools/cairn/file.h"
#include "tools/cairn/record.h"
#include "tools/cairn/report_text.h"
#include "tools/cairn/trust.h"

namespace cairn::cli {
namespace {

struct Options {
  std::vector<std::string> evidence;
  std::string certificate;
  TrustOptions trust;
  std::vector<std::string> certifiers;
  std::string node_keys;
  std::string require = "included";
  uint64_t anchors = 1;
  std::string log_key_not_after;
  bool json = false;
};

// Why a file has no report, and whether that is a no.
struct Failure {
  std::string reason;
  ExitCode exit_code;
};

ExitCode SayFailure(const Options& options, const std::string& file, const Failure& failure) {
  if (options.json) {
    nlohmann::ordered_json json;
    json["evidence"] = file;
    json["verified"] = false;
    json["reasons"] = {failure.reason};
    std::cout << JsonLine(json);
  } else {
    std::cout << Printable(file) << ": "
              << (failure.exit_code == kNo ? "FAILED" : "could not be checked") << "\n";
    Complain(absl::StrCat(file, ": ", failure.reason));
  }
  return failure.exit_code;
}

ExitCode SayReport(const Options& options, const std::string& file, const evidence::Report& report,
                   const std::vector<std::string>& notices) {
  if (options.json) {
    nlohmann::ordered_json json;
    json["evidence"] = file;
    json.update(ReportJson(report));
    json["notices"] = notices;
    std::cout << JsonLine(json);
  } else {
    std::cout << Printable(file) << ": " << (report.verified() ? "verified" : "FAILED") << "\n"
              << ReportText(report);
    for (const std::string& reason : report.reasons) Complain(absl::StrCat(file, ": ", reason));
    for (const std::string& notice : notices) Complain(absl::StrCat(file, ": ", notice));
  }
  return report.verified() ? kYes : kNo;
}

// Whoever gives keys with one evidence file wants a signature by one of them. Several files may be
// by several certifiers, not all of whose keys are at hand.
void JudgeCertifierKeys(const Options& options, const std::map<std::string, PublicKey>& keys,
                        evidence::Report& report, std::vector<std::string>& notices) {
  const std::string& certifier = report.claim.statement.certifier;
  const bool alone = options.evidence.size() == 1;
  if (keys.count(certifier) == 0 && !keys.empty()) {
    const std::string why =
        absl::StrCat("the statement is by `", certifier, "`, whose key --certifier does not give");
    if (!alone) return notices.push_back(why);
    for (evidence::Layer& layer : report.layers) {
      if (layer.name == "statement") layer.required = true;
    }
    report.reasons.push_back(absl::StrCat("statement: ", why));
  }
  for (const auto& [name, key] : keys) {
    if (alone && name != certifier) {
      notices.push_back(absl::StrCat("--certifier: the statement is not by `", name, "`"));
    }
  }
}

// What the options ask for beside trust, which depends on the evidence.
struct Demands {
  std::map<std::string, PublicKey> certifier_keys;
  evidence::Requirement require = evidence::Requirement::kIncluded;
  std::optional<uint64_t> log_key_not_after_s;
};

// Adds the certifier to `seen`.
ExitCode VerifyOne(const Options& options, const std::string& file, const Trust& trust,
                   const Demands& demands, const certificate::NodeKeys* node_keys,
                   std::set<std::string>& seen) {
  const absl::StatusOr<std::string> bytes = ReadFile(file, evidence::kMaxEvidenceBytes);
  if (bytes.status().code() == absl::StatusCode::kResourceExhausted) {
    return SayFailure(options, file, {std::string(bytes.status().message()), kNo});
  }
  if (!bytes.ok())
    return SayFailure(options, file, {std::string(bytes.status().message()), kUnable});
  const absl::StatusOr<evidence::Evidence> evidence = evidence::Parse(*bytes);
  if (!evidence.ok()) {
    return SayFailure(options, file, {std::string(evidence.status().message()), kNo});
  }
  evidence::VerifyOptions verify_options = trust.For(*evidence);
  verify_options.certifier_keys = demands.certifier_keys;
  verify_options.require = demands.require;
  verify_options.anchors_needed = options.anchors;
  verify_options.log_key_not_after_s = demands.log_key_not_after_s;
  std::vector<std::string> notices;
  if (!options.certificate.empty()) {
    absl::StatusOr<Record> record = ReadRecord(options.certificate, evidence->kind, node_keys);
    if (record.ok()) {
      verify_options.certificate_hash = record->hash;
      verify_options.certificate_kind = record->kind;
      notices = record->notices;
    } else if (record.status().code() == absl::StatusCode::kInvalidArgument) {
      verify_options.certificate_hash = record.status();
    } else {
      return SayFailure(options, file, {std::string(record.status().message()), kUnable});
    }
  }
  absl::StatusOr<evidence::Report> report = evidence::Verify(*evidence, verify_options);
  if (!report.ok()) return SayFailure(options, file, {std::string(report.status().message()), kNo});
  seen.insert(report->claim.statement.certifier);
  JudgeCertifierKeys(options, verify_options.certifier_keys, *report, notices);
  return SayReport(options, file, *report, notices);
}

evidence::Requirement ParseRequirement(const std::string& text) {
  if (text == "included") return evidence::Requirement::kIncluded;
  if (text == "witnessed") return evidence::Requirement::kWitnessed;
  if (text == "anchored") return evidence::Requirement::kAnchored;
  if (text == "verified") return evidence::Requirement::kVerified;
  Misused(
      absl::StrCat("--require: `", text, "` is none of included, witnessed, anchored, verified"));
}

uint64_t ParseTime(const std::string& text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error) || time < absl::UnixEpoch()) {
    Misused(absl::StrCat("--log_key_not_after: not a time such as 2026-01-31T00:00:00Z: ", error));
  }
  return static_cast<uint64_t>(absl::ToUnixSeconds(time));
}

ExitCode Run(const Options& options) {
  Demands demands;
  demands.require = ParseRequirement(options.require);
  if (options.anchors == 0) Misused("--anchors: at least one");
  if (!options.log_key_not_after.empty()) {
    demands.log_key_not_after_s = ParseTime(options.log_key_not_after);
  }
  const absl::StatusOr<std::unique_ptr<Trust>> trust = Trust::Read(options.trust);
  if (!trust.ok()) {
    Complain(trust.status().message());
    return kUnable;
  }
  for (const std::string& certifier : options.certifiers) {
    const auto key = ParseCertifierKey(certifier);
    if (!key.ok()) Misused(absl::StrCat("--certifier: ", key.status().message()));
    if (!demands.certifier_keys.insert(*key).second) {
      Misused(absl::StrCat("--certifier: `", key->first, "` is given twice"));
    }
  }
  if (!options.certificate.empty() && options.evidence.size() > 1) {
    Misused("--certificate goes with one evidence file");
  }
  const absl::StatusOr<std::optional<certificate::NodeKeys>> node_keys =
      ReadNodeKeys(options.node_keys);
  if (!node_keys.ok()) {
    Complain(node_keys.status().message());
    return kUnable;
  }
  ExitCode worst = kYes;
  std::set<std::string> seen;
  for (const std::string& file : options.evidence) {
    worst = Worse(worst, VerifyOne(options, file, **trust, demands,
                                   node_keys->has_value() ? &**node_keys : nullptr, seen));
  }
  for (const auto& [name, key] : demands.certifier_keys) {
    if (options.evidence.size() > 1 && seen.count(name) == 0) {
      Complain(absl::StrCat("--certifier: no evidence file is by `", name, "`"));
    }
  }
  return worst;
}

}  // namespace

void AddVerify(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const command = AddSubcommand(
      app, "verify", "Verifies evidence files offline, layer by layer, against keys that you trust",
      "cairn verify out/record.cairn.json --certificate record.json --log_key "
      "log.example/cairn+ac93c5d7+AeN...",
      &options->json);
  command->add_option("EVIDENCE", options->evidence, "Evidence files")->required();
  command->add_option("--certificate", options->certificate,
                      "The certificate that the evidence is about; with one evidence file");
  AddTrustOptions(command, &options->trust);
  command
      ->add_option("--certifier", options->certifiers,
                   "NAME=KEY: a certifier's vkey, or its public key in base64; its statements must "
                   "then be signed with it. May be repeated")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option(
          "--require", options->require,
          "What must be proven: included; witnessed (by the policy's quorum); anchored (an "
          "outside system accepted the checkpoint, its receipt says); verified (proven by "
          "--tsa_roots or --headers)")
      ->capture_default_str();
  AddNumber(command, "--anchors", "With --require anchored or verified: by how many anchors",
            [options](uint64_t anchors) { options->anchors = anchors; })
      ->default_str("1");
  command->add_option(Spellings("log_key_not_after"), options->log_key_not_after,
                      "TIME (RFC 3339): the log's key counts only for checkpoints that an anchor "
                      "proves to be older");
  command->add_option(Spellings("node_keys"), options->node_keys,
                      "Key file of the node that attests records");
  command->callback([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
