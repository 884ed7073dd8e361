// cairn backup: a checked copy of a log's directory, also while its cairnd runs.

#include "ledger/rocksdb/backup.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/cairn/command.h"
#include "tools/cairn/log_check.h"
#include "tools/cairn/progress.h"

namespace cairn::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string directory;
  std::string out;
  uint64_t threads = 0;
  bool json = false;
};

// What must be true before this copy takes the log's place.
std::string RestoreRule(uint64_t size) {
  return absl::StrCat(
      "Restore it only where this log never handed out a checkpoint of more than ", size,
      " entries. Ask its witnesses, its monitors and whoever holds its evidence for the largest "
      "that they know. `cairn restore` asks the witnesses, compares the copy with what is left of "
      "the lost directory, and refuses one that is too old. An older one that goes on under the "
      "same key signs a second history, and whoever holds both checkpoints can prove it. Where "
      "larger checkpoints are out, retire the log: begin a new one with a new origin and "
      "key, and keep this copy to read.");
}

// The space of a few hundred files is held open.
void AllowManyFiles() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// `path` is `directory`, or lies in it.
bool IsWithin(const fs::path& path, const fs::path& directory) {
  std::error_code error;
  const fs::path inner = fs::weakly_canonical(path, error);
  const fs::path outer = fs::weakly_canonical(directory, error);
  const fs::path relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

absl::Status CheckTarget(const fs::path& out, const fs::path& partial, const fs::path& directory) {
  std::error_code error;
  if (IsWithin(out, directory)) {
    return absl::FailedPreconditionError(
        absl::StrCat(out.string(), " is in the log's own directory: name a place outside it"));
  }
  if (fs::symlink_status(out, error).type() != fs::file_type::not_found) {
    return absl::FailedPreconditionError(
        absl::StrCat(out.string(), " is there already: name one that is not"));
  }
  if (fs::symlink_status(partial, error).type() != fs::file_type::not_found) {
    return absl::FailedPreconditionError(
        absl::StrCat(partial.string(),
                     " is there: another backup is under way, or one was interrupted; then remove "
                     "it and begin again"));
  }
  return absl::OkStatus();
}

// Gives the copy its name, for good. Never in place of anything.
absl::Status Publish(const fs::path& partial, const fs::path& out) {
  if (renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, out.c_str(), RENAME_NOREPLACE) != 0) {
    return absl::UnavailableError(absl::StrCat("renaming ", partial.string(), " to ", out.string(),
                                               ": ", std::strerror(errno)));
  }
  const fs::path parent = out.has_parent_path() ? out.parent_path() : fs::path(".");
  const int fd = open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (synced) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("syncing ", parent.string(), ": ", std::strerror(error)));
}

absl::Status Copy(const std::string& directory, const std::string& partial) {
  ledger::CopyProgress counts;
  const Progress progress("copying", "bytes", [&counts] {
    return Done{counts.bytes, counts.all_bytes};
  });
  return ledger::CopyLog(directory, partial, &counts);
}

ExitCode Unable(const absl::Status& status) {
  Complain(status);
  return kUnable;
}

ExitCode Run(const Options& options) {
  const ledger::CheckOptions check = MakeCheckOptions(options.threads, /*index=*/true);
  fs::path out(options.out);
  if (!out.has_filename()) out = out.parent_path();
  const fs::path partial = absl::StrCat(out.string(), ".partial");
  absl::Status status = CheckTarget(out, partial, options.directory);
  if (!status.ok()) return Unable(status);
  AllowManyFiles();
  status = Copy(options.directory, partial.string());
  if (!status.ok()) {
    Complain(absl::StrCat("nothing was backed up; what there is of it is in ", partial.string()));
    return Unable(status);
  }
  const absl::StatusOr<CheckedDirectory> checked = CheckDirectory(partial.string(), check);
  if (!checked.ok()) return Unable(checked.status());
  const ledger::CheckReport& report = checked->report;
  if (checked->sound()) {
    status = Publish(partial, out);
    if (!status.ok()) return Unable(status);
  }
  const std::string path = checked->sound() ? out.string() : partial.string();
  const std::string rule = checked->sound() ? RestoreRule(report.state.size.value()) : "";
  if (options.json) {
    nlohmann::ordered_json json = CheckJson(path, *checked);
    json["restore"] = rule;
    std::cout << JsonLine(json);
  } else {
    std::cout << CheckText(path, *checked) << rule << (rule.empty() ? "" : "\n");
  }
  if (checked->sound()) return kYes;
  Complain(absl::StrCat("the copy is not sound, and so most likely is not ", options.directory,
                        ": stop its cairnd and run `cairn fsck` there"));
  return kNo;
}

}  // namespace

void AddBackup(CLI::App& app, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  Subcommand command = AddSubcommand(
      app, "backup",
      "Copies the directory of a log, whose cairnd may run, with its anchors' database; checks the "
      "copy as fsck does and says when it may be restored (cairn restore)",
      "cairn backup /var/lib/cairn/data --out /backup/cairn-2026-11-21", &options->json);
  command.Add("DIR", options->directory, "The log's --data_dir").Required();
  command
      .Add("--out", options->out,
           "The copy: a directory that is not there yet. It has this name once it is whole")
      .Required();
  command
      .AddNumber("--threads", "How many threads check it; 0 for one a processor",
                 [options](uint64_t threads) { options->threads = threads; })
      .Default("0");
  command.OnRun([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace cairn::cli
