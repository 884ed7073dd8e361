#include "tools/load/process.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace cairn::load {

absl::StatusOr<Usage> UsageOf(pid_t pid) {
  const std::string directory = absl::StrCat("/proc/", pid);
  std::ifstream stat(directory + "/stat");
  std::string line;
  if (!std::getline(stat, line)) {
    return absl::NotFoundError(absl::StrCat("there is no process ", pid));
  }
  Usage usage;
  // The second field is the program's name, in brackets, and may contain anything. utime and stime
  // are fields 14 and 15.
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  usage.cpu_s = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));

  std::ifstream status(directory + "/status");
  for (std::string word; status >> word;) {
    double kib = 0;
    if (word == "RssAnon:" && status >> kib) usage.rss_anon_mib = kib / 1024;
    if (word == "VmHWM:" && status >> kib) usage.rss_peak_mib = kib / 1024;
  }
  return usage;
}

}  // namespace cairn::load
