#include "ledger/server/process_stats.h"

#include <sys/resource.h>
#include <time.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace cairn::server {
namespace {

// When this process was loaded, near enough.
const time_t kLoadedAt = time(nullptr);

// `VmRSS:     1234 kB`: the value in bytes, or as it is where no unit follows.
void ReadStatus(ProcessStats& stats) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string key;
    uint64_t value = 0;
    words >> key >> value;
    if (key == "VmSize:") stats.virtual_bytes = value << 10;
    if (key == "VmRSS:") stats.resident_bytes = value << 10;
    if (key == "RssAnon:") stats.anonymous_bytes = value << 10;
    if (key == "Threads:") stats.threads = value;
  }
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ProcessStats ReadProcessStats() {
  ProcessStats stats{.start_unix_seconds = static_cast<double>(kLoadedAt)};
  ReadStatus(stats);
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    stats.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  }
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) stats.max_open_files = files.rlim_cur;
  std::error_code error;
  std::filesystem::directory_iterator fds("/proc/self/fd", error);
  for (; !error && fds != std::filesystem::directory_iterator(); fds.increment(error)) {
    ++stats.open_files;
  }
  return stats;
}

}  // namespace cairn::server
