// cairn verify-misbehaviour: whether a file proves, offline, that a log showed two trees.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "merkle/note/misbehaviour.h"
#include "merkle/note/policy.h"
#include "tools/cairn/arguments.h"
#include "tools/cairn/command.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

struct Options {
  std::string file;
  std::string log_key;
  std::string policy;
  bool json = false;
};

absl::StatusOr<std::vector<note::VerifierKey>> LogKeys(const Options& options) {
  if (options.log_key.empty() == options.policy.empty()) {
    Misused("give --log_key VKEY, or --policy FILE with the log in it");
  }
  if (!options.log_key.empty()) {
    const absl::StatusOr<note::VerifierKey> key = ParseLogKey(options.log_key);
    if (!key.ok()) Misused(std::string(key.status().message()));
    return std::vector<note::VerifierKey>{*key};
  }
  const absl::StatusOr<note::Policy> policy = ReadPolicy(options.policy);
  if (!policy.ok()) return policy.status();
  std::vector<note::VerifierKey> keys;
  for (const note::PolicyLog& log : policy->logs()) keys.push_back(log.key);
  return keys;
}

nlohmann::ordered_json Json(const note::Checkpoint& checkpoint) {
  return {{"tree_size", checkpoint.size.value()}, {"root", checkpoint.root.Hex()}};
}

ExitCode Say(const Options& options, const absl::StatusOr<note::SplitView>& view) {
  if (options.json) {
    nlohmann::ordered_json json = {{"file", options.file}, {"proven", view.ok()}};
    if (view.ok()) {
      json["origin"] = view->first.origin;
      json["first"] = Json(view->first);
      json["second"] = Json(view->second);
      json["first_root_in_second"] = view->first_root_in_second.Hex();
    } else {
      json["reason"] = view.status().message();
    }
    std::cout << JsonLine(json);
  } else if (view.ok()) {
    std::cout << "proven: log " << Printable(view->first.origin) << " signed two trees\n"
              << "  first   " << Counted(view->first.size.value(), "entry", "entries") << ", root "
              << view->first.root.Hex() << "\n"
              << "  second  " << Counted(view->second.size.value(), "entry", "entries") << ", root "
              << view->second.root.Hex() << "\n"
              << "  in the second the first " << view->first.size.value() << " entries have root "
              << view->first_root_in_second.Hex() << "\n";
  }
  if (!view.ok() && !options.json) Complain(view.status());
  return view.ok() ? kYes : kNo;
}

ExitCode Run(const Options& options) {
  const absl::StatusOr<std::vector<note::VerifierKey>> keys = LogKeys(options);
  if (!keys.ok()) {
    Complain(keys.status());
    return kUnable;
  }
  const absl::StatusOr<std::string> bytes = ReadFile(options.file, note::kMaxMisbehaviourBytes);
  if (!bytes.ok() && !absl::IsResourceExhausted(bytes.status())) {
    Complain(bytes.status());
    return kUnable;
  }
  const absl::StatusOr<note::Misbehaviour> misbehaviour =
      bytes.ok() ? note::ParseMisbehaviour(*bytes) : bytes.status();
  return Say(options, misbehaviour.ok() ? note::VerifyMisbehaviour(*misbehaviour, *keys)
                                        : misbehaviour.status());
}

}  // namespace

void AddVerifyMisbehaviour(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "verify-misbehaviour",
      "Whether a file proves, offline, that a log signed two trees of which neither continues the "
      "other. Exit code 1: it does not",
      "cairn verify-misbehaviour 0123456789abcdef.misbehaviour --policy trust.policy",
      &options->json);
  command.Add("FILE", options->file, "As `cairn audit` or a witness wrote it").Required();
  command.Add(Spellings("log_key"), options->log_key, "The log's vkey");
  command.Add("--policy", options->policy, "Trust policy (C2SP tlog-policy) that names the log");
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
