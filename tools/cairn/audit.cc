// cairn audit: reads a log from outside, whole, and says what is wrong with it.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/cairn/command.h"
#include "tools/cairn/log_audit.h"

namespace cairn::cli {
namespace {

ExitCode Run(const AuditArguments& arguments) {
  const absl::StatusOr<AuditRun> run = RunAudit(arguments, {});
  if (!run.ok()) {
    Complain(run.status().message());
    return kUnable;
  }
  std::cout << (arguments.json ? JsonLine(AuditJson(arguments, *run)) : AuditText(arguments, *run));
  return run->report.sound() ? kYes : kNo;
}

}  // namespace

void AddAudit(CLI::App& app, ExitCode* exit_code) {
  const auto arguments = std::make_shared<AuditArguments>();
  CLI::App* const command = AddSubcommand(
      app, "audit",
      "Reads a whole log from outside: that it continues what was seen before, every tile and the "
      "root, signatures, certifiers, repeats and times. Exit code 1: something is wrong with the "
      "log, or was in an earlier run",
      "cairn audit https://log.example.org --policy trust.policy --state ./log.audit",
      &arguments->json);
  command
      ->add_option("LOG", arguments->log,
                   "The log's URL, or a directory with its tiles, as tlog-tiles names them")
      ->required();
  AddAuditOptions(command, arguments.get());
  command->callback([arguments, exit_code] { *exit_code = Run(*arguments); });
}

}  // namespace cairn::cli
