#include "tools/cairn/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/note/text.h"

namespace cairn::cli {
namespace {

struct Said {
  std::mutex mutex;
  Complaint last;
};

Said& TheSaid() {
  static Said said;
  return said;
}

void Say(Complaint complaint) {
  Said& said = TheSaid();
  const std::lock_guard lock(said.mutex);
  std::cerr << "cairn: " << Printable(complaint.message, kMaxShownLine) << std::endl;
  said.last = std::move(complaint);
}

}  // namespace

ExitCode Worse(ExitCode a, ExitCode b) { return std::max(a, b); }

std::string Spellings(const std::string& name) {
  std::string dashed = name;
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  return dashed == name ? absl::StrCat("--", name) : absl::StrCat("--", name, ",--", dashed);
}

Option Option::Required(bool required) {
  option_->required(required);
  return *this;
}

Option Option::Needs(Option other) {
  option_->needs(other.option_);
  return *this;
}

Option Option::Excludes(Option other) {
  option_->excludes(other.option_);
  return *this;
}

Option Option::OneOf(const std::vector<std::string>& values) {
  const auto check = [values](std::string& value) {
    if (absl::c_linear_search(values, value)) return std::string();
    return absl::StrCat("`", value, "` is none of ", absl::StrJoin(values, ", "));
  };
  option_->check(CLI::Validator(check, absl::StrCat("{", absl::StrJoin(values, ","), "}")));
  return *this;
}

Option Option::Between(double least, double most) {
  const auto check = [least, most](std::string& text) {
    double value = 0;
    // Not a number is between nothing.
    if (absl::SimpleAtod(text, &value) && value >= least && value <= most) return std::string();
    return absl::StrCat("`", text, "` is no number from ", least, " to ", most);
  };
  option_->check(CLI::Validator(check, absl::StrCat(least, " to ", most)));
  return *this;
}

Option Option::Check(const std::function<absl::Status(const std::string&)>& check) {
  option_->check([check](const std::string& value) {
    const absl::Status good = check(value);
    // CLI11 takes an empty text for a yes.
    return good.ok() ? std::string() : std::string(good.message());
  });
  return *this;
}

Option Option::Repeatable() {
  option_->expected(1)->allow_extra_args(false)->multi_option_policy(
      CLI::MultiOptionPolicy::TakeAll);
  return *this;
}

Option Option::Default(const std::string& text) {
  option_->default_str(text);
  return *this;
}

Option Option::ShowDefault() {
  option_->capture_default_str();
  return *this;
}

Option Subcommand::Add(const std::string& names, std::string& value, const std::string& what) {
  return Option(command_->add_option(names, value, what));
}

Option Subcommand::Add(const std::string& names, std::vector<std::string>& values,
                       const std::string& what) {
  return Option(command_->add_option(names, values, what));
}

Option Subcommand::Add(const std::string& names, double& value, const std::string& what) {
  return Option(command_->add_option(names, value, what));
}

Option Subcommand::Add(const std::string& names, std::optional<double>& value,
                       const std::string& what) {
  return Option(command_->add_option(names, value, what));
}

Option Subcommand::AddFlag(const std::string& names, bool& value, const std::string& what) {
  return Option(command_->add_flag(names, value, what));
}

Option Subcommand::AddNumber(const std::string& names, const std::string& what,
                             const std::function<void(uint64_t)>& take) {
  const auto read = [names, take](const std::string& text) {
    const absl::StatusOr<uint64_t> number = note::ParseDecimal(text);
    if (!number.ok()) Misused(absl::StrCat(names, ": ", number.status().message()));
    take(*number);
  };
  return Option(command_->add_option_function<std::string>(names, read, what)->type_name("NUMBER"));
}

void Subcommand::OnRun(const std::function<void()>& run) { command_->callback(run); }

Subcommand AddSubcommand(CLI::App& app, const std::string& name, const std::string& what,
                         const std::string& example, bool* json) {
  CLI::App* const command = app.add_subcommand(name, what);
  command->footer(absl::StrCat("Example:\n  ", example,
                               "\n\nExit status: 0 yes; 1 no: verification failed, refused, or not "
                               "in the log; 2 usage; 3 could not reach, read or write. Of several "
                               "files the highest counts."));
  command->add_flag("--json", *json, "Print one JSON document a line; see tools/cairn/README.md");
  return Subcommand(command);
}

CLI::App& AddGroup(CLI::App& app, const std::string& name, const std::string& what,
                   const std::string& example) {
  CLI::App* const group = app.add_subcommand(name, what);
  group->require_subcommand(1);
  group->footer(absl::StrCat("Example:\n  ", example));
  return *group;
}

void Complain(absl::string_view message) { Say({.code = "", .message = std::string(message)}); }

void Complain(const absl::Status& status) {
  Say({.code = ErrorCodeOf(status), .message = std::string(status.message())});
}

Complaint LastComplaint() {
  Said& said = TheSaid();
  const std::lock_guard lock(said.mutex);
  return said.last;
}

void Misused(const std::string& why) { throw CLI::ValidationError(why); }

std::string JsonLine(const nlohmann::ordered_json& json) {
  using Errors = nlohmann::ordered_json::error_handler_t;
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Errors::replace) + "\n";
}

}  // namespace cairn::cli
