// What a process has used: CPU time and memory, from /proc.

#ifndef CAIRN_TOOLS_LOAD_PROCESS_H_
#define CAIRN_TOOLS_LOAD_PROCESS_H_

#include <sys/types.h>

#include "absl/status/statusor.h"

namespace cairn::load {

struct Usage {
  double cpu_s = 0;         // User and system, of all threads, since its start.
  double rss_anon_mib = 0;  // Resident, and not of a file.
  double rss_peak_mib = 0;  // The most that was ever resident, files included.
};

// kNotFound when there is no such process.
absl::StatusOr<Usage> UsageOf(pid_t pid);

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_PROCESS_H_
