// What a running cairnd uses of its machine.

#ifndef CAIRN_TESTS_SOAK_WATCH_H_
#define CAIRN_TESTS_SOAK_WATCH_H_

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

namespace cairn::testing {

struct Usage {
  double rss_anon_mib = 0;
  // Open files, but for tables of the database: of those it opens up to 512 as they come.
  uint64_t files = 0;
};

// Zeros when the process has gone.
Usage UsageOf(pid_t pid);

// Of all files below, as allocated.
double DiskMib(const std::filesystem::path& directory);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SOAK_WATCH_H_
