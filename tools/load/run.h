// Puts load on a log and says how it did. It believes nothing that can be checked: see checks.h.
//
// Threads: options.threads workers, while the caller watches.

#ifndef CAIRN_TOOLS_LOAD_RUN_H_
#define CAIRN_TOOLS_LOAD_RUN_H_

#include "absl/status/statusor.h"
#include "tools/load/options.h"
#include "tools/load/report.h"

namespace cairn::load {

// Requires Complete(options). Errors are those before the first request: the log cannot be reached,
// or has nothing to prove; kInvalidArgument where it answers what is false. What goes wrong later
// stands in the report.
absl::StatusOr<Report> Run(const Options& options);

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_RUN_H_
