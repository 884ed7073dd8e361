// The records of a run, from the files or the directory that hold them, or the one that holds them
// all.
//
// Errors: kInvalidArgument for a file that holds no record, naming it; others as in file.h.
// Limits: kMaxRunRecords.
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_RUN_FILES_H_
#define CAIRN_TOOLS_CAIRN_RUN_FILES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/certificate/judge.h"

namespace cairn::cli {

inline constexpr size_t kMaxRunRecords = 100'000;

struct RunFiles {
  std::string path;  // The first that was named.
  // Of each record, the file's name or, within a project bundle, the step's.
  std::vector<std::string> names;
  std::vector<certificate::JudgedRecord> records;
  // The order is one that somebody gave: of files on a command line, or of a registry.
  bool listed = false;
  // The project whose steps they are.
  std::optional<certificate::Judgement> project = std::nullopt;
};

// Files, one directory, whose *.json are taken by name and evidence left out, or one project
// bundle.
absl::StatusOr<RunFiles> ReadRun(const std::vector<std::string>& paths);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_RUN_FILES_H_
