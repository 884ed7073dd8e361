#include "tools/cairn/command.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cairn::cli {

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

CLI::App* AddSubcommand(CLI::App& app, const std::string& name, const std::string& what,
                        const std::string& example, bool* json) {
  CLI::App* const command = app.add_subcommand(name, what);
  command->footer(absl::StrCat("Example:\n  ", example,
                               "\n\nExit status: 0 yes; 1 verification failed, refused or not in "
                               "the log; 2 usage; 3 could not "
                               "reach or do."));
  command->add_flag("--json", *json, "Print one JSON document a line; see tools/cairn/README.md");
  return command;
}

void Complain(absl::string_view message) {
  std::cerr << "cairn: " << Printable(message) << std::endl;
}

void Misused(const std::string& why) { throw CLI::ValidationError(why); }

std::string Printable(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", byte);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string JsonLine(const nlohmann::ordered_json& json) {
  using Errors = nlohmann::ordered_json::error_handler_t;
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Errors::replace) + "\n";
}

}  // namespace cairn::cli
