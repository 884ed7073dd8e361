#include "tools/cairn/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "merkle/note/text.h"

namespace cairn::cli {
namespace {

// The bytes of one code point, or one byte where there is none.
absl::string_view FirstCharacter(absl::string_view text) {
  constexpr size_t kLongest = 4;
  for (size_t size = 1; size <= std::min(kLongest, text.size()); ++size) {
    if (note::IsValidUtf8(text.substr(0, size))) return text.substr(0, size);
  }
  return text.substr(0, 1);
}

bool IsSafe(absl::string_view character) {
  const auto within = [character](absl::string_view first, absl::string_view last) {
    return character.size() == first.size() && first <= character && character <= last;
  };
  return note::IsValidUtf8(character) && !within(absl::string_view("\0", 1), "\x1f") &&
         character != "\x7f" && !within("\u0080", "\u009f") && !within("\u202a", "\u202e") &&
         !within("\u2066", "\u2069");
}

}  // namespace

ExitCode Worse(ExitCode a, ExitCode b) {
  if (a == kYes) return b;
  if (b == kYes) return a;
  return std::min(a, b);
}

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
  option_->check(CLI::IsMember(values));
  return *this;
}

Option Option::Between(double least, double most) {
  option_->check(CLI::Range(least, most));
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
                               "\n\nExit status: 0 yes; 1 verification failed, refused or not in "
                               "the log; 2 usage; 3 could not "
                               "reach or do."));
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

void Complain(absl::string_view message) {
  std::cerr << "cairn: " << Printable(message) << std::endl;
}

void Misused(const std::string& why) { throw CLI::ValidationError(why); }

std::string Printable(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    const absl::string_view character = FirstCharacter(text);
    if (IsSafe(character)) {
      absl::StrAppend(&out, character);
    } else {
      for (const char byte : character) {
        absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(byte));
      }
    }
    text.remove_prefix(character.size());
  }
  return out;
}

std::string PrintableLines(absl::string_view text) {
  return absl::StrJoin(
      absl::StrSplit(text, '\n'), "\n",
      [](std::string* out, absl::string_view line) { absl::StrAppend(out, Printable(line)); });
}

std::string JsonLine(const nlohmann::ordered_json& json) {
  using Errors = nlohmann::ordered_json::error_handler_t;
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Errors::replace) + "\n";
}

}  // namespace cairn::cli
