// Audits of a log at a URL or in a directory, with progress on stderr, as text and as JSON: what
// `cairn audit` and `cairn monitor` share.

#ifndef CAIRN_TOOLS_CAIRN_LOG_AUDIT_H_
#define CAIRN_TOOLS_CAIRN_LOG_AUDIT_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/cairn/command.h"
#include "witness/auditor.h"

namespace cairn::cli {

struct AuditArguments {
  std::string log;  // URL or directory.
  std::string log_key;
  std::string policy;
  std::string state;
  // Files, or URLs such as a witness's monitoring path.
  std::vector<std::string> views;
  std::string out = ".";
  // As it stands: "36h".
  std::string max_age = "1d";
  // Numbers of findings, "3" or "3-7".
  std::vector<std::string> acknowledge;
  std::string reason;
  uint64_t threads = 0;
  bool json = false;
};

// --log_key, --policy, --state, --checkpoint, --out, --max_age, --acknowledge, --reason, --threads.
void AddAuditOptions(Subcommand command, AuditArguments* arguments);

struct AuditRun {
  witness::AuditReport report;
  // What was written of report.misbehaviours.
  std::vector<std::string> misbehaviour_files = {};
  double seconds = 0;
};

// What the arguments say of `options` is set here. An interrupt ends it with kCancelled. Throws
// where the arguments make no sense.
absl::StatusOr<AuditRun> RunAudit(const AuditArguments& arguments, witness::AuditOptions options);

nlohmann::ordered_json AuditJson(const AuditArguments& arguments, const AuditRun& run);
std::string AuditText(const AuditArguments& arguments, const AuditRun& run);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_LOG_AUDIT_H_
