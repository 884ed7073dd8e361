// cairn verify: checks evidence files, and directories of them. Never touches the network.

#include "anchor/evidence/verify.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "anchor/evidence/certifier_keys.h"
#include "merkle/certificate/aief.h"
#include "merkle/certificate/judge.h"
#include "merkle/entry/certifier_key.h"
#include "merkle/note/text.h"
#include "tools/cairn/aief_report.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"
#include "tools/cairn/contradictions.h"
#include "tools/cairn/evidence_check.h"
#include "tools/cairn/evidence_directory.h"
#include "tools/cairn/explanation.h"
#include "tools/cairn/file.h"
#include "tools/cairn/record.h"
#include "tools/cairn/trust.h"

namespace cairn::cli {
namespace {

struct Options {
  std::vector<std::string> evidence;
  std::string certificate;
  std::string certificate_hash;
  TrustOptions trust;
  std::vector<std::string> certifiers;
  std::string node_keys;
  RecordOptions record;
  std::vector<std::string> require;
  std::string log_key_not_after;
  std::string now;
  std::string misbehaviour;
  uint64_t threads = 0;
  std::string report;
  bool explain = false;
  bool json = false;
};

// Several files: the highest, so that a run that could not look at all of them never reads as one
// that did.
ExitCode Highest(ExitCode a, ExitCode b) { return std::max(a, b); }

// What --require asks for.
struct Requirements {
  evidence::Required evidence;
  bool attestation = false;
};

void TakeRequirement(absl::string_view text, Requirements& requirements) {
  constexpr absl::string_view kWays =
      "included, witnessed, verified[:N], certifier, record, attestation";
  evidence::Required& require = requirements.evidence;
  const absl::string_view rest = absl::StripPrefix(text, "verified");
  if (text == "witnessed") {
    require.witnessed = true;
  } else if (text == "certifier") {
    require.certifier = true;
  } else if (text == "record") {
    require.record = true;
  } else if (text == "attestation") {
    requirements.attestation = true;
  } else if (text == "verified") {
    require.verified = std::max<size_t>(require.verified, 1);
  } else if (absl::StartsWith(text, "verified:")) {
    const absl::StatusOr<uint64_t> needed = note::ParseDecimal(rest.substr(1));
    if (!needed.ok() || *needed == 0) {
      Misused(absl::StrCat("--require ", text, ": how many authorities? A number from 1, such as ",
                           "verified:2"));
    }
    require.verified = std::max<size_t>(require.verified, *needed);
  } else if (text == "anchored") {
    Misused(
        "--require anchored is gone: a receipt that nothing of yours can check proves nothing. Use "
        "--require verified, or verified:N for N authorities, with --authority NAME=ROOTS.pem or "
        "--headers FILE");
  } else if (text != "included") {
    Misused(absl::StrCat("--require: `", text, "` is none of ", kWays));
  }
}

Requirements ReadRequired(const Options& options) {
  Requirements requirements;
  for (const std::string& set : options.require) {
    for (const absl::string_view one : absl::StrSplit(set, ',')) TakeRequirement(one, requirements);
  }
  const evidence::Required& require = requirements.evidence;
  if (require.certifier && options.certifiers.empty()) {
    Misused("--require certifier needs --certifier NAME=KEY: without a key nobody can be proven");
  }
  if (require.record && options.certificate.empty()) {
    Misused("--require record needs --certificate FILE: without it there is nothing to compare");
  }
  if (requirements.attestation && (options.certificate.empty() || options.node_keys.empty())) {
    Misused(
        "--require attestation needs --certificate FILE, which it comes with, and --node_keys "
        "FILE, "
        "by which it is judged");
  }
  return requirements;
}

std::vector<std::string> RequiredNames(const Demands& demands) {
  const evidence::Required& require = demands.require;
  std::vector<std::string> names = {"included"};
  if (require.witnessed) names.emplace_back("witnessed");
  if (require.verified > 0) names.push_back(absl::StrCat("verified:", require.verified));
  if (require.certifier) names.emplace_back("certifier");
  if (require.record) names.emplace_back("record");
  if (demands.attestation) names.emplace_back("attestation");
  return names;
}

uint64_t ParseTime(absl::string_view option, const std::string& text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error) || time < absl::UnixEpoch()) {
    Misused(absl::StrCat(option, ": not a time such as 2026-01-31T00:00:00Z: ", error));
  }
  return static_cast<uint64_t>(absl::ToUnixSeconds(time));
}

// NAME=KEY or NAME=KEY@FROM..TO. No name and no key has an @ in it.
void TakeCertifier(const std::string& text, evidence::CertifierKeys& keys) {
  const size_t at = text.rfind('@');
  const absl::string_view all = text;
  const auto key = entry::ParseCertifierKey(all.substr(0, at));
  if (!key.ok()) Misused(absl::StrCat("--certifier: ", key.status().message()));
  evidence::CertifierKey held{.key = key->key};
  if (at != std::string::npos) {
    const auto range = evidence::ParseIndexRange(all.substr(at + 1));
    if (!range.ok()) Misused(absl::StrCat("--certifier: ", range.status().message()));
    held.range = *range;
  }
  if (const absl::Status added = evidence::AddCertifierKey(key->name, held, keys); !added.ok()) {
    Misused(absl::StrCat("--certifier: ", added.message()));
  }
}

// At most 256: each keeps what it has seen.
size_t Threads(uint64_t asked) {
  return asked > 0 ? std::min<uint64_t>(asked, 256)
                   : std::max(1u, std::thread::hardware_concurrency());
}

bool IsDirectory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

Demands ReadDemands(const Options& options) {
  Demands demands;
  const Requirements requirements = ReadRequired(options);
  demands.require = requirements.evidence;
  demands.attestation = requirements.attestation;
  if (!options.certificate_hash.empty()) {
    const absl::StatusOr<Hash> hash = ParseHash(options.certificate_hash);
    if (!hash.ok()) Misused(absl::StrCat("--certificate_hash: ", hash.status().message()));
    demands.certificate_hash = *hash;
  }
  if (!options.log_key_not_after.empty()) {
    demands.log_key_not_after_s = ParseTime("--log_key_not_after", options.log_key_not_after);
  }
  for (const std::string& certifier : options.certifiers) {
    TakeCertifier(certifier, demands.certifier_keys);
  }
  demands.alone = options.evidence.size() == 1 && !IsDirectory(options.evidence.front());
  if (!options.certificate.empty() && !demands.alone) {
    Misused("--certificate goes with one evidence file");
  }
  return demands;
}

absl::StatusOr<RunInputs> InputsOf(const Options& options, const Demands& demands,
                                   const Trust& trust) {
  RunInputs inputs{.now_s = trust.now_s(), .files = trust.inputs()};
  if (!options.node_keys.empty()) {
    const absl::StatusOr<Hash> hash = HashFile(options.node_keys);
    if (!hash.ok()) return hash.status();
    inputs.files.push_back({.role = "node_keys", .path = options.node_keys, .sha256 = *hash});
  }
  const std::string log_key = trust.log_key();
  if (!log_key.empty()) inputs.options.push_back({"log_key", {log_key}});
  inputs.options.push_back({"require", RequiredNames(demands)});
  if (!options.certifiers.empty()) inputs.options.push_back({"certifier", options.certifiers});
  if (!options.log_key_not_after.empty()) {
    inputs.options.push_back({"log_key_not_after", {options.log_key_not_after}});
  }
  if (!options.trust.authority_not_after.empty()) {
    inputs.options.push_back({"authority_not_after", options.trust.authority_not_after});
  }
  if (options.trust.require_revocation) inputs.options.push_back({"require_revocation", {"yes"}});
  if (!options.certificate.empty()) {
    inputs.options.push_back({"certificate", {options.certificate}});
  }
  if (!options.certificate_hash.empty()) {
    inputs.options.push_back({"certificate_hash", {options.certificate_hash}});
  }
  if (!options.record.as.empty()) inputs.options.push_back({"as", {options.record.as}});
  if (options.record.as_file) inputs.options.push_back({"as", {"file"}});
  if (options.record.strict) inputs.options.push_back({"strict", {}});
  return inputs;
}

void SayContradiction(const Contradiction& found, bool json) {
  const std::string text = absl::StrCat(
      found.first_file, " and ", found.second_file, " contradict each other: the key of log `",
      found.origin, "` has signed two trees of ", found.tree_size, " entries, with roots ",
      found.first_root.Hex(), " and ", found.second_root.Hex());
  Complain(text);
  if (!json) return;
  nlohmann::ordered_json line;
  line["contradiction"] = {
      {"origin", found.origin},
      {"tree_size", found.tree_size},
      {"first", {{"evidence", found.first_file}, {"root", found.first_root.Hex()}}},
      {"second", {{"evidence", found.second_file}, {"root", found.second_root.Hex()}}}};
  std::cout << JsonLine(line);
}

// kNo where files contradict each other; the proof of the first that has one is written.
ExitCode JudgeContradictions(const Options& options, const Contradictions& seen) {
  if (seen.overflowed()) {
    Complain(absl::StrCat("more than ", Contradictions::kMaxTrees,
                          " checkpoints: only those are held against each other"));
  }
  for (const Contradiction& found : seen.found()) SayContradiction(found, options.json);
  if (seen.found().empty()) return kYes;
  const auto proof = std::find_if(seen.found().begin(), seen.found().end(),
                                  [](const auto& found) { return !found.proof.empty(); });
  if (options.misbehaviour.empty()) {
    Complain("with --misbehaviour FILE the proof is written, for whoever trusts the log's key");
    return kNo;
  }
  if (proof == seen.found().end()) {
    Complain("no proof is written: the files have changed since they were read");
    return kUnable;
  }
  if (absl::Status made = CreateFile(options.misbehaviour, proof->proof, /*mode=*/0644);
      !made.ok()) {
    Complain(absl::StrCat("--misbehaviour: ", made.message()));
    return kUnable;
  }
  Complain(absl::StrCat(options.misbehaviour,
                        " proves it, by `cairn verify-misbehaviour`: it convicts the log's key, "
                        "not a person"));
  return kNo;
}

ExitCode VerifyAll(const Options& options, const Trust& trust, const Demands& demands,
                   const CertificateFile* certificate, const Saying& saying) {
  ExitCode worst = kYes;
  std::set<std::string> certifiers;
  Contradictions seen;
  for (const std::string& path : options.evidence) {
    if (IsDirectory(path)) {
      worst = Highest(worst, VerifyDirectory(path, trust, demands, Threads(options.threads), saying,
                                             seen, certifiers));
      continue;
    }
    const Checked checked = CheckEvidence(path, trust, demands, seen, certificate);
    if (checked.report.has_value()) certifiers.insert(checked.report->claim.statement.certifier);
    Say(path, checked, saying);
    worst = Highest(worst, checked.exit_code);
  }
  for (const auto& [name, keys] : demands.certifier_keys) {
    if (!demands.alone && certifiers.count(name) == 0) {
      Complain(absl::StrCat("--certifier: no evidence file is by `", name, "`"));
    }
  }
  for (const std::string& file : trust.UnusedCrls()) {
    Complain(absl::StrCat("--crl: ", file,
                          ": of no use here: no time stamp that is proven has an issuer in its "
                          "chain that signed it"));
  }
  worst = Highest(worst, JudgeContradictions(options, seen));
  if (saying.explain && !saying.json) std::cout << InputsText(saying.inputs);
  return worst;
}

// On the record of --certificate, or without it on the files themselves. What is judged by time is
// judged at --now, or as if every key had ended: so a report can be repeated.
ExitCode ReportRecords(const Options& options, const certificate::NodeKeys* keys,
                       bool evidence_verified) {
  certificate::JudgeOptions judge{.node_keys = keys};
  if (!options.now.empty()) judge.now_s = static_cast<int64_t>(ParseTime("--now", options.now));
  certificate::AiefOptions aief{.evidence_verified = evidence_verified};
  for (const std::string& set : options.require) {
    for (const absl::string_view one : absl::StrSplit(set, ',')) {
      aief.require_attestation = aief.require_attestation || one == "attestation";
    }
  }
  return ReportAief(options.certificate.empty() ? options.evidence
                                                : std::vector<std::string>{options.certificate},
                    judge, aief);
}

ExitCode Run(const Options& options) {
  // Of records alone: there is no log to trust.
  if (options.report == "aief" && options.certificate.empty()) {
    const absl::StatusOr<std::optional<certificate::NodeKeys>> keys =
        ReadNodeKeys(options.node_keys);
    if (!keys.ok()) {
      Complain(keys.status());
      return kUnable;
    }
    return ReportRecords(options, keys->has_value() ? &**keys : nullptr,
                         /*evidence_verified=*/false);
  }
  const Demands demands = ReadDemands(options);
  TrustOptions trust_options = options.trust;
  if (!options.now.empty()) trust_options.now_s = ParseTime("--now", options.now);
  const absl::StatusOr<std::unique_ptr<Trust>> trust = Trust::Read(trust_options);
  if (!trust.ok()) {
    Complain(trust.status());
    return kUnable;
  }
  const absl::StatusOr<std::optional<certificate::NodeKeys>> node_keys =
      ReadNodeKeys(options.node_keys);
  const absl::StatusOr<RunInputs> inputs = InputsOf(options, demands, **trust);
  for (const absl::Status& read : {node_keys.status(), inputs.status()}) {
    if (read.ok()) continue;
    Complain(read);
    return kUnable;
  }
  const CertificateFile certificate{.path = options.certificate,
                                    .node_keys = node_keys->has_value() ? &**node_keys : nullptr,
                                    .options = options.record};
  if (options.report == "aief") {
    Contradictions seen;
    const Checked checked =
        CheckEvidence(options.evidence.front(), **trust, demands, seen, &certificate);
    return ReportRecords(options, certificate.node_keys, checked.exit_code == kYes);
  }
  return VerifyAll(options, **trust, demands, options.certificate.empty() ? nullptr : &certificate,
                   {.json = options.json, .explain = options.explain, .inputs = *inputs});
}

void AddOptions(Subcommand& command, const std::shared_ptr<Options>& options) {
  command
      .Add("EVIDENCE", options->evidence,
           "Evidence files, and directories: there every *.cairn.json is verified, in "
           "subdirectories too, and what fails is listed")
      .Required();
  Option certificate =
      command.Add("--certificate", options->certificate,
                  "The certificate that the evidence is about; with one evidence file");
  command
      .Add(
          Spellings("certificate_hash"), options->certificate_hash,
          "sha256:HEX: the certificate hash that the evidence must be about, where the certificate "
          "itself is not at hand")
      .Excludes(certificate);
  AddTrustOptions(command, &options->trust);
  command
      .Add("--certifier", options->certifiers,
           "NAME=KEY[@FROM..TO]: a certifier's vkey, or its public key in base64; its statements "
           "must then be signed with it. With the leaf indexes at which the key was in force, TO "
           "not among them, several keys of one name may be given. May be repeated")
      .Repeatable();
  command
      .Add(
          "--require", options->require,
          "What must be proven, a set with commas: included, which always must; witnessed (by the "
          "policy's quorum); verified[:N] (N of your authorities vouch, by default one); certifier "
          "(signed with a key of --certifier); record (the one of --certificate); attestation (one "
          "of those that come with it, by --node_keys). Nothing may be false whatever is required")
      .Repeatable()
      .Default("included, and what --policy, --certifier and --certificate ask for");
  command.AddNumber("--anchors", "Gone: write --require verified:N", [](uint64_t needed) {
    Misused(absl::StrCat("--anchors is gone: write --require verified:", needed));
  });
  command.Add(Spellings("log_key_not_after"), options->log_key_not_after,
              "TIME (RFC 3339): the log's key counts only for checkpoints that authorities "
              "prove to be older");
  command.Add("--now", options->now,
              "TIME (RFC 3339) to judge at, so that a report can be repeated; by default the "
              "clock's. Times that are later count for nothing");
  command.Add("--misbehaviour", options->misbehaviour,
              "File to write, where evidence files show that the log's key signed two trees: the "
              "proof of that. Must not exist");
  command
      .Add(
          "--report", options->report,
          "aief: instead, one line of JSON on the record of --certificate (or, without it, on each "
          "file, which is then a record) as AIEF's verifier contract has it: result, reason, "
          "checks, "
          "the level of which all that can be checked here is met, and what is missing for the "
          "next")
      .OneOf({"aief"});
  command.AddFlag("--explain", options->explain,
                  "Say of each layer how it was decided, and at the end by which inputs");
  command
      .AddNumber("--threads", "For directories: how many threads; 0 for one a processor",
                 [options](uint64_t threads) { options->threads = threads; })
      .Default("0");
  command.Add(Spellings("node_keys"), options->node_keys,
              "Key file of the node that attests records");
  AddRecordOptions(command, &options->record);
}

}  // namespace

void AddVerify(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "verify",
      "Verifies evidence files offline, layer by layer, against keys and authorities that you "
      "trust. Exit status 0 when all that is required is proven and nothing is false; of several "
      "files the highest",
      "cairn verify out/record.cairn.json --certificate record.json --log_key "
      "log.example/cairn+ac93c5d7+AeN...",
      &options->json);
  AddOptions(command, options);
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
