// cairn verify: checks evidence files. Reads files alone; never touches the network.

#include "anchor/evidence/verify.h"

#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/policy.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"
#include "tools/cairn/file.h"
#include "tools/cairn/record.h"
#include "tools/cairn/report_text.h"

namespace cairn::cli {
namespace {

struct Options {
  std::vector<std::string> evidence;
  std::string certificate;
  std::string log_key;
  std::vector<std::string> certifiers;
  std::string node_keys;
  std::string policy;
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

// The policy's key that the evidence's checkpoint is signed with, or else some key of its log;
// nullopt: the policy does not name the log.
std::optional<note::VerifierKey> LogOf(const evidence::Evidence& evidence,
                                       const note::Policy& policy) {
  std::optional<note::VerifierKey> key;
  const std::string& note = evidence.proof.checkpoint;
  for (const size_t log : policy.LogsOf(note.substr(0, note.find('\n')))) {
    key = policy.logs()[log].key;
    if (note::VerifyCheckpoint(note, *key).ok()) break;
  }
  return key;
}

// Adds the certifier to `seen`.
ExitCode VerifyOne(const Options& options, const std::string& file,
                   evidence::VerifyOptions verify_options, const certificate::NodeKeys* node_keys,
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
  if (!verify_options.log_key) verify_options.log_key = LogOf(*evidence, *verify_options.policy);
  absl::StatusOr<evidence::Report> report = evidence::Verify(*evidence, verify_options);
  if (!report.ok()) return SayFailure(options, file, {std::string(report.status().message()), kNo});
  seen.insert(report->claim.statement.certifier);
  JudgeCertifierKeys(options, verify_options.certifier_keys, *report, notices);
  return SayReport(options, file, *report, notices);
}

ExitCode Run(const Options& options) {
  evidence::VerifyOptions verify_options;
  if (options.log_key.empty() && options.policy.empty()) {
    Misused("give --log_key VKEY, or --policy FILE with the log in it");
  }
  if (!options.log_key.empty()) {
    const absl::StatusOr<note::VerifierKey> log_key = ParseLogKey(options.log_key);
    if (!log_key.ok()) Misused(std::string(log_key.status().message()));
    verify_options.log_key = *log_key;
  }
  if (!options.policy.empty()) {
    absl::StatusOr<note::Policy> policy = ReadPolicy(options.policy);
    if (!policy.ok()) {
      Complain(policy.status().message());
      return kUnable;
    }
    verify_options.policy = std::make_shared<const note::Policy>(*std::move(policy));
  }
  for (const std::string& certifier : options.certifiers) {
    const auto key = ParseCertifierKey(certifier);
    if (!key.ok()) Misused(absl::StrCat("--certifier: ", key.status().message()));
    if (!verify_options.certifier_keys.insert(*key).second) {
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
    worst = Worse(worst, VerifyOne(options, file, verify_options,
                                   node_keys->has_value() ? &**node_keys : nullptr, seen));
  }
  for (const auto& [name, key] : verify_options.certifier_keys) {
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
  command->add_option(Spellings("log_key"), options->log_key,
                      "The log's vkey; by default that of the policy");
  command->add_option("--policy", options->policy,
                      "Trust policy (C2SP tlog-policy): its witnesses must have cosigned");
  command
      ->add_option("--certifier", options->certifiers,
                   "NAME=KEY: a certifier's vkey, or its public key in base64; its statements must "
                   "then be signed with it. May be repeated")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option(Spellings("node_keys"), options->node_keys,
                      "Key file of the node that attests records");
  command->callback([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
