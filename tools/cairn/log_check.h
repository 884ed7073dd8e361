// A check of a log's directory, with progress on stderr, as text and as JSON.

#ifndef CAIRN_TOOLS_CAIRN_LOG_CHECK_H_
#define CAIRN_TOOLS_CAIRN_LOG_CHECK_H_

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "anchor/rocksdb/check.h"
#include "ledger/check/check.h"

namespace cairn::cli {

struct CheckedDirectory {
  std::string origin;
  ledger::CheckReport report;
  // Of the anchors' database; nullopt where there is none, or where it is damaged.
  std::optional<anchor::CheckedStore> anchors = std::nullopt;
  // What is wrong with it; empty where nothing is.
  std::string anchors_damage;
  double seconds = 0;

  bool sound() const { return report.sound() && anchors_damage.empty(); }
};

// Errors as ReadOnlyLog::Open; but a log that is too damaged to be opened has a report too.
absl::StatusOr<CheckedDirectory> CheckDirectory(const std::string& path,
                                                const ledger::CheckOptions& options);

// All processors, where `threads` is 0.
ledger::CheckOptions MakeCheckOptions(uint64_t threads, bool index);

nlohmann::ordered_json CheckJson(const std::string& path, const CheckedDirectory& checked);
std::string CheckText(const std::string& path, const CheckedDirectory& checked);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_LOG_CHECK_H_
