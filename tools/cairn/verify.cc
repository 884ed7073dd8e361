// cairn verify: checks evidence files, and directories of them. Never touches the network.

#include "anchor/evidence/verify.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"
#include "tools/cairn/evidence_check.h"
#include "tools/cairn/evidence_directory.h"
#include "tools/cairn/record.h"
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
  uint64_t threads = 0;
  bool json = false;
};

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
  demands.require = ParseRequirement(options.require);
  if (options.anchors == 0) Misused("--anchors: at least one");
  demands.anchors = options.anchors;
  if (!options.log_key_not_after.empty()) {
    demands.log_key_not_after_s = ParseTime(options.log_key_not_after);
  }
  for (const std::string& certifier : options.certifiers) {
    const auto key = ParseCertifierKey(certifier);
    if (!key.ok()) Misused(absl::StrCat("--certifier: ", key.status().message()));
    if (!demands.certifier_keys.insert(*key).second) {
      Misused(absl::StrCat("--certifier: `", key->first, "` is given twice"));
    }
  }
  demands.alone = options.evidence.size() == 1 && !IsDirectory(options.evidence.front());
  if (!options.certificate.empty() && !demands.alone) {
    Misused("--certificate goes with one evidence file");
  }
  return demands;
}

ExitCode Run(const Options& options) {
  const Demands demands = ReadDemands(options);
  const absl::StatusOr<std::unique_ptr<Trust>> trust = Trust::Read(options.trust);
  if (!trust.ok()) {
    Complain(trust.status().message());
    return kUnable;
  }
  const absl::StatusOr<std::optional<certificate::NodeKeys>> node_keys =
      ReadNodeKeys(options.node_keys);
  if (!node_keys.ok()) {
    Complain(node_keys.status().message());
    return kUnable;
  }
  const CertificateFile certificate{.path = options.certificate,
                                    .node_keys = node_keys->has_value() ? &**node_keys : nullptr};
  ExitCode worst = kYes;
  std::set<std::string> seen;
  for (const std::string& path : options.evidence) {
    if (IsDirectory(path)) {
      worst = Worse(worst, VerifyDirectory(path, **trust, demands, Threads(options.threads),
                                           options.json, seen));
      continue;
    }
    const Checked checked =
        CheckEvidence(path, **trust, demands, options.certificate.empty() ? nullptr : &certificate);
    if (checked.report.has_value()) seen.insert(checked.report->claim.statement.certifier);
    Say(path, checked, options.json);
    worst = Worse(worst, checked.exit_code);
  }
  for (const auto& [name, key] : demands.certifier_keys) {
    if (!demands.alone && seen.count(name) == 0) {
      Complain(absl::StrCat("--certifier: no evidence file is by `", name, "`"));
    }
  }
  return worst;
}

}  // namespace

void AddVerify(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "verify", "Verifies evidence files offline, layer by layer, against keys that you trust",
      "cairn verify out/record.cairn.json --certificate record.json --log_key "
      "log.example/cairn+ac93c5d7+AeN...",
      &options->json);
  command
      .Add("EVIDENCE", options->evidence,
           "Evidence files, and directories: there every *.cairn.json is verified, in "
           "subdirectories too, and what fails is listed")
      .Required();
  command.Add("--certificate", options->certificate,
              "The certificate that the evidence is about; with one evidence file");
  AddTrustOptions(command, &options->trust);
  command
      .Add("--certifier", options->certifiers,
           "NAME=KEY: a certifier's vkey, or its public key in base64; its statements must "
           "then be signed with it. May be repeated")
      .Repeatable();
  command
      .Add("--require", options->require,
           "What must be proven: included; witnessed (by the policy's quorum); anchored (an "
           "outside system accepted the checkpoint, its receipt says); verified (proven by "
           "--tsa_roots or --headers)")
      .ShowDefault();
  command
      .AddNumber("--anchors", "With --require anchored or verified: by how many anchors",
                 [options](uint64_t anchors) { options->anchors = anchors; })
      .Default("1");
  command.Add(Spellings("log_key_not_after"), options->log_key_not_after,
              "TIME (RFC 3339): the log's key counts only for checkpoints that an anchor "
              "proves to be older");
  command
      .AddNumber("--threads", "For directories: how many threads; 0 for one a processor",
                 [options](uint64_t threads) { options->threads = threads; })
      .Default("0");
  command.Add(Spellings("node_keys"), options->node_keys,
              "Key file of the node that attests records");
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
