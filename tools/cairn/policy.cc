// cairn policy check: reads a trust policy and says what it amounts to.

#include "merkle/note/policy.h"

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"

namespace cairn::cli {
namespace {

struct Options {
  std::string file;
  bool json = false;
};

constexpr char kDisjoint[] =
    "two sets of witnesses without a member in common both meet the quorum: a log can have two "
    "contradicting checkpoints cosigned by honest witnesses; demand more than half";
constexpr char kNoWitness[] = "no witness is needed: what the log signs is its own promise";

// One that never counts, or an empty name.
std::string WitnessWithALogsKey(const note::Policy& policy) {
  for (const note::PolicyWitness& witness : policy.witnesses()) {
    for (const note::PolicyLog& log : policy.logs()) {
      if (witness.key.public_key() == log.key.public_key()) return witness.name;
    }
  }
  return "";
}

// What is legal and likely not meant.
std::string Warning(const note::Policy& policy) {
  if (policy.needs_none()) return kNoWitness;
  if (const std::string name = WitnessWithALogsKey(policy); !name.empty()) {
    return absl::StrCat("witness `", name,
                        "` has a log's key and never counts: no log vouches for itself");
  }
  return policy.HasDisjointQuorums() ? kDisjoint : "";
}

void Print(const note::Policy& policy) {
  for (const note::PolicyLog& log : policy.logs()) {
    std::cout << "log      " << Printable(log.key.name()) << "  "
              << Printable(log.url.value_or("-")) << "\n";
  }
  for (const note::PolicyWitness& witness : policy.witnesses()) {
    std::cout << "witness  " << Printable(witness.name) << "  " << Printable(witness.key.name())
              << "  " << Printable(witness.url.value_or("-")) << "\n";
  }
}

nlohmann::ordered_json Json(const note::Policy& policy) {
  nlohmann::ordered_json json;
  json["logs"] = nlohmann::ordered_json::array();
  for (const note::PolicyLog& log : policy.logs()) {
    nlohmann::ordered_json item = {{"origin", log.key.name()}, {"vkey", log.key.Format()}};
    if (log.url.has_value()) item["url"] = *log.url;
    json["logs"].push_back(item);
  }
  json["witnesses"] = nlohmann::ordered_json::array();
  for (const note::PolicyWitness& witness : policy.witnesses()) {
    nlohmann::ordered_json item = {{"name", witness.name}, {"vkey", witness.key.Format()}};
    if (witness.url.has_value()) item["url"] = *witness.url;
    json["witnesses"].push_back(item);
  }
  json["quorum_needed"] = !policy.needs_none();
  json["disjoint_quorums"] = policy.HasDisjointQuorums();
  return json;
}

ExitCode Check(const Options& options) {
  const absl::StatusOr<note::Policy> policy = ReadPolicy(options.file);
  if (!policy.ok()) {
    Complain(policy.status());
    return absl::IsInvalidArgument(policy.status()) ? kNo : kUnable;
  }
  if (options.json) {
    nlohmann::ordered_json json = Json(*policy);
    json["warning"] = Warning(*policy);
    std::cout << JsonLine(json);
  } else {
    Print(*policy);
  }
  if (const std::string warning = Warning(*policy); !warning.empty()) {
    Complain(absl::StrCat(options.file, ": warning: ", warning));
  }
  return kYes;
}

}  // namespace

void AddPolicy(CLI::App& app, ExitCode* exit_code) {
  CLI::App& policy = AddGroup(app, "policy", "Reads trust policies (C2SP tlog-policy)",
                              "cairn policy check trust.policy");
  const auto options = std::make_shared<Options>();
  Subcommand check = AddSubcommand(policy, "check",
                                   "Prints the logs and witnesses of a policy, and warns when "
                                   "its quorum guards against nothing. "
                                   "Exit code 1: the file is no policy",
                                   "cairn policy check trust.policy", &options->json);
  check.Add("FILE", options->file, "The policy").Required();
  check.OnRun([options, exit_code] { *exit_code = Check(*options); });
}

}  // namespace cairn::cli
