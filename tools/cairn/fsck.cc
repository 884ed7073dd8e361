// cairn fsck: whether the directory of a log that is not running is whole.

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/cairn/command.h"
#include "tools/cairn/log_check.h"

namespace cairn::cli {
namespace {

struct Options {
  std::string directory;
  uint64_t threads = 0;
  bool skip_index = false;
  bool json = false;
};

ExitCode Run(const Options& options) {
  const absl::StatusOr<CheckedDirectory> checked =
      CheckDirectory(options.directory, MakeCheckOptions(options.threads, !options.skip_index));
  if (!checked.ok()) {
    Complain(checked.status());
    return kUnable;
  }
  std::cout << (options.json ? JsonLine(CheckJson(options.directory, *checked))
                             : CheckText(options.directory, *checked));
  return checked->sound() ? kYes : kNo;
}

}  // namespace

void AddFsck(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "fsck",
      "Checks the directory of a log that is not running: every entry, tile, index row and record "
      "against what the entries lead to, and the anchors' database. Changes nothing",
      "cairn fsck /var/lib/cairn/data", &options->json);
  command.Add("DIR", options->directory, "The log's --data_dir, or a backup of it").Required();
  command
      .AddNumber("--threads", "How many threads; 0 for one a processor",
                 [options](uint64_t threads) { options->threads = threads; })
      .Default("0");
  command.AddFlag(Spellings("skip_index"), options->skip_index,
                  "Do not check the index, which takes about half of the time");
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
