// cairn diff: in what two executions, or two runs, differ.

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/difference.h"
#include "merkle/certificate/judge.h"
#include "tools/cairn/command.h"
#include "tools/cairn/run_files.h"

namespace cairn::cli {
namespace {

using certificate::Aspect;
using certificate::Comparison;
using certificate::Difference;
using certificate::Json;

struct Options {
  std::string first;
  std::string second;
  bool json = false;
};

// The steps of one side by what they are matched by: whether that is foreign text, that text or the
// step's number, and the how manieth of that key it is. So no two steps share one.
using Key = std::tuple<bool, std::string, size_t>;
using Steps = std::map<Key, const Json*>;

const std::string* FirstText(const Json& record, std::initializer_list<const char*> names) {
  for (const char* part : {"snapshot", "step"}) {
    const Json* object = certificate::ObjectMember(record, part);
    if (object == nullptr) continue;
    for (const char* name : names) {
      if (const std::string* text = certificate::TextMember(*object, name)) return text;
    }
  }
  return nullptr;
}

// Two executions of one step have ids of their own, so that its number goes first.
std::pair<bool, std::string> KeyOf(const Json& record, size_t position) {
  const Json* snapshot = certificate::ObjectMember(record, "snapshot");
  const Json* index = snapshot == nullptr ? nullptr : certificate::Member(*snapshot, "stepIndex");
  if (index != nullptr && index->is_number()) {
    return {false, absl::StrCat("step ", certificate::CanonicalJson(*index))};
  }
  if (const std::string* id = FirstText(record, {"stepId", "nodeName"})) {
    return {true, certificate::Utf8(*id)};
  }
  return {false, absl::StrCat("record ", position + 1)};
}

Steps StepsOf(const RunFiles& run, bool alone) {
  Steps steps;
  std::map<std::pair<bool, std::string>, size_t> counts;
  for (size_t i = 0; i < run.records.size(); ++i) {
    const Json& record = run.records[i].record();
    const auto [foreign, text] = alone ? std::pair(false, std::string()) : KeyOf(record, i);
    steps.emplace(Key(foreign, text, counts[{foreign, text}]++), &record);
  }
  return steps;
}

std::string KeyText(const Key& key) {
  const auto& [foreign, text, number] = key;
  return number == 0 ? text : absl::StrCat(text, " (", number + 1, ")");
}

nlohmann::ordered_json StepJson(const std::string& key, const Difference& difference) {
  nlohmann::ordered_json json;
  if (!key.empty()) json["step"] = key;
  json["equal"] = !difference.any();
  json["execution_drift"] = difference.execution_drift;
  for (const Aspect& aspect : difference.aspects) {
    nlohmann::ordered_json one = {
        {"comparison", std::string(certificate::ComparisonName(aspect.comparison))}};
    if (!aspect.changes.empty()) one["changes"] = aspect.changes;
    if (aspect.more_changes > 0) one["more_changes"] = aspect.more_changes;
    json["aspects"][aspect.name] = std::move(one);
  }
  return json;
}

std::string Words(Comparison comparison) {
  switch (comparison) {
    case Comparison::kOnlyInFirst:
      return "only in the first";
    case Comparison::kOnlyInSecond:
      return "only in the second";
    case Comparison::kNotRecorded:
      return "not recorded";
    case Comparison::kCannotCompare:
      return "cannot be compared: redacted";
    default:
      return std::string(certificate::ComparisonName(comparison));
  }
}

void SayStep(const std::string& key, const Difference& difference) {
  if (!key.empty()) std::cout << Printable(key) << "\n";
  for (const Aspect& aspect : difference.aspects) {
    constexpr size_t kColumns = 12;
    std::cout << "  " << aspect.name << std::string(kColumns - aspect.name.size(), ' ')
              << Words(aspect.comparison) << "\n";
    for (const std::string& change : aspect.changes) {
      std::cout << "    " << Printable(change) << "\n";
    }
    if (aspect.more_changes > 0) std::cout << "    and " << aspect.more_changes << " more\n";
  }
  if (difference.execution_drift) {
    std::cout << "  execution drift: same input, prompt, parameters, model, runtime, context and "
                 "policy as recorded, other output\n";
  }
}

// What must be said first of a side that proves nothing.
bool IsSound(const RunFiles& run) {
  bool sound = true;
  if (run.project.has_value()) {
    if (const absl::Status status = run.project->record_status(); !status.ok()) {
      sound = false;
      Complain(absl::StrCat(run.path, ": a project ", run.project->Text(), ": ", status.message()));
    }
  }
  for (const certificate::JudgedRecord& record : run.records) {
    const absl::Status status = record.judgement.record_status();
    if (status.ok()) continue;
    sound = false;
    Complain(
        absl::StrCat(run.path, ": a record ", record.judgement.Text(), ": ", status.message()));
  }
  return sound;
}

// Compares what stands for one execution on both sides; true where all is equal.
// `sound`: both hold. Of others drift is not claimed.
bool CompareRuns(const Options& options, const RunFiles& first, const RunFiles& second,
                 bool sound) {
  const bool alone = first.records.size() == 1 && second.records.size() == 1;
  const Steps one = StepsOf(first, alone), other = StepsOf(second, alone);
  bool equal = true;
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  std::vector<std::string> only_first, only_second;
  for (const auto& [key, record] : one) {
    const auto match = other.find(key);
    if (match == other.end()) {
      only_first.push_back(KeyText(key));
      continue;
    }
    Difference difference = certificate::Compare(*record, *match->second);
    difference.execution_drift = difference.execution_drift && sound;
    equal = equal && !difference.any();
    if (options.json) {
      steps.push_back(StepJson(KeyText(key), difference));
    } else {
      SayStep(KeyText(key), difference);
    }
  }
  for (const auto& [key, unused] : other) {
    if (one.count(key) == 0) only_second.push_back(KeyText(key));
  }
  equal = equal && only_first.empty() && only_second.empty();
  if (options.json) {
    std::cout << JsonLine({{"first", options.first},
                           {"second", options.second},
                           {"sound", sound},
                           {"equal", equal},
                           {"steps", steps},
                           {"only_in_first", only_first},
                           {"only_in_second", only_second}});
    return equal;
  }
  for (const std::string& key : only_first) {
    std::cout << Printable(key) << "\n  only in the first\n";
  }
  for (const std::string& key : only_second) {
    std::cout << Printable(key) << "\n  only in the second\n";
  }
  std::cout << (equal ? "equal in every aspect; ids and times are of none\n" : "they differ\n");
  return equal;
}

ExitCode Run(const Options& options) {
  const absl::StatusOr<RunFiles> first = ReadRun({options.first});
  const absl::StatusOr<RunFiles> second = ReadRun({options.second});
  for (const absl::StatusOr<RunFiles>* side : {&first, &second}) {
    if (side->ok()) continue;
    Complain(side->status());
    return absl::IsInvalidArgument(side->status()) ? kNo : kUnable;
  }
  const bool sound = IsSound(*first) & IsSound(*second);
  return CompareRuns(options, *first, *second, sound) && sound ? kYes : kNo;
}

}  // namespace

void AddDiff(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command =
      AddSubcommand(app, "diff",
                    "Compares two records, or two runs, aspect by aspect: input, prompt, "
                    "parameters, model, runtime, "
                    "context, policy, output. Exit status 1 where any differs, or a record does "
                    "not hold. Ids and "
                    "times, which differ between any two executions, are not compared",
                    "cairn diff monday.json tuesday.json", &options->json);
  command.Add("FIRST", options->first, "A record, a project bundle, or a directory of records")
      .Required();
  command.Add("SECOND", options->second, "What to compare it with").Required();
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
