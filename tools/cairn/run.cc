// cairn run: what is asked of the records of a whole run.

#include "merkle/certificate/run.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/cairn/command.h"
#include "tools/cairn/run_files.h"

namespace cairn::cli {
namespace {

using certificate::Finding;
using certificate::RunStep;

struct Options {
  std::vector<std::string> paths;
  bool json = false;
};

// Draws the steps from their beginnings on. A step with several parents is drawn below the first
// that is drawn, and referred to below the others. Deep runs are drawn flat: a chain needs no
// indentation.
class Tree {
 public:
  explicit Tree(const std::vector<RunStep>& steps) : steps_(steps) {}

  std::string Draw() {
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].parents.empty()) DrawFrom(i);
    }
    // What comes after itself has no beginning.
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (drawn_.count(i) == 0) DrawFrom(i);
    }
    return std::move(out_);
  }

 private:
  struct Open {
    size_t step;
    size_t depth;
  };

  static std::string Indent(size_t depth) {
    constexpr size_t kMaxDepth = 12;
    return std::string(2 * std::min(depth, kMaxDepth), ' ');
  }

  void DrawFrom(size_t root) {
    std::vector<Open> open = {{root, 0}};
    while (!open.empty()) {
      const Open at = open.back();
      open.pop_back();
      const RunStep& step = steps_[at.step];
      const bool again = !drawn_.insert(at.step).second;
      absl::StrAppend(
          &out_, "  ", Indent(at.depth), again ? "^ " : "- ", Name(step),
          again ? " (above)" : Hash(step),
          !again && step.parents.size() > 1 ? absl::StrCat("  joins ", step.parents.size()) : "",
          "\n");
      if (again) continue;
      // Only where it branches does it go deeper.
      const size_t depth = at.depth + (step.children.size() > 1 ? 1 : 0);
      for (auto child = step.children.rbegin(); child != step.children.rend(); ++child) {
        open.push_back({*child, depth});
      }
    }
  }

  static std::string Name(const RunStep& step) {
    return absl::StrCat(Printable(step.name, 40), "  ", Printable(step.label, 24));
  }
  static std::string Hash(const RunStep& step) {
    return absl::StrCat("  ", step.hash.empty() ? "does not hold" : step.hash.substr(0, 19));
  }

  const std::vector<RunStep>& steps_;
  std::set<size_t> drawn_;
  std::string out_;
};

// A project's own findings, with those of its steps' links.
std::vector<Finding> AllFindings(const RunFiles& files, const certificate::Run& run) {
  std::vector<Finding> findings;
  if (files.project.has_value()) {
    findings = files.project->contradictions;
    if (files.project->answer == certificate::Answer::kCannotCheck) {
      findings.insert(findings.end(), files.project->unchecked.begin(),
                      files.project->unchecked.end());
    }
  }
  findings.insert(findings.end(), run.findings.begin(), run.findings.end());
  return findings;
}

std::string Unproven(const RunFiles& files, const certificate::Run& run) {
  std::vector<std::string> what = {"not proven: that there were no other steps"};
  if (!files.project.has_value() && run.by_hash) {
    what.emplace_back("a missing end would not show");
  }
  if (run.by_id)
    what.emplace_back("parents are named by id, so another record of that id would pass");
  what.emplace_back("nor that any of it ran as recorded");
  return absl::StrJoin(what, "; ");
}

nlohmann::ordered_json ToJson(const RunFiles& files, const certificate::Run& run,
                              const std::vector<Finding>& findings) {
  nlohmann::ordered_json json;
  json["run"] = files.path;
  json["whole"] = findings.empty();
  json["steps"] = nlohmann::ordered_json::array();
  for (const RunStep& step : run.steps) {
    nlohmann::ordered_json one = {{"name", step.name}, {"id", step.id}, {"label", step.label}};
    if (!step.hash.empty()) one["hash"] = step.hash;
    one["parents"] = nlohmann::ordered_json::array();
    for (const size_t parent : step.parents) one["parents"].push_back(run.steps[parent].name);
    json["steps"].push_back(std::move(one));
  }
  json["findings"] = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    json["findings"].push_back(
        {{"step", finding.field}, {"code", finding.code}, {"reason", finding.reason}});
  }
  json["unproven"] = Unproven(files, run);
  return json;
}

ExitCode Verify(const Options& options) {
  const absl::StatusOr<RunFiles> files = ReadRun(options.paths);
  if (!files.ok()) {
    Complain(files.status());
    return absl::IsInvalidArgument(files.status()) ? kNo : kUnable;
  }
  std::vector<certificate::RunInput> inputs;
  for (size_t i = 0; i < files->records.size(); ++i) {
    inputs.push_back({files->names[i], &files->records[i]});
  }
  const certificate::Run run = certificate::JudgeRun(inputs, files->listed);
  const std::vector<Finding> findings = AllFindings(*files, run);
  if (options.json) {
    std::cout << JsonLine(ToJson(*files, run, findings));
    return findings.empty() ? kYes : kNo;
  }
  std::cout << Printable(files->path, kMaxShownLine) << ": " << Counted(run.steps.size(), "step")
            << ", "
            << (findings.empty() ? "one whole run, as far as its steps say"
                                 : Counted(findings.size(), "finding"))
            << "\n"
            << Tree(run.steps).Draw();
  for (const Finding& finding : findings) {
    std::cout << "  " << finding.code << ": " << Printable(finding.Text(), kMaxShownDetail) << "\n";
  }
  std::cout << "  " << Unproven(*files, run) << "\n";
  return findings.empty() ? kYes : kNo;
}

}  // namespace

void AddRun(CLI::App& app, ExitCode* exit_code) {
  CLI::App& group =
      AddGroup(app, "run", "Looks at the records of a whole run", "cairn run verify records/");
  const auto options = std::make_shared<Options>();
  Subcommand command =
      AddSubcommand(group, "verify",
                    "Checks offline that records are the steps of one run: none missing, doubled, "
                    "out of order or of "
                    "another run, as far as they say. Draws them as a tree. Exit status 1 where "
                    "anything is found",
                    "cairn run verify plan.json act.json report.json", &options->json);
  command
      .Add("PATH", options->paths,
           "Records in their order, a directory of them, or a project bundle")
      .Required();
  command.OnRun([options, exit_code] { *exit_code = Verify(*options); });
}

}  // namespace cairn::cli
