#include "tests/soak/watch.h"

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <system_error>

namespace cairn::testing {

namespace fs = std::filesystem;

Usage UsageOf(pid_t pid) {
  Usage usage;
  const fs::path process = fs::path("/proc") / std::to_string(pid);
  std::ifstream status(process / "status");
  const std::string name = "RssAnon:";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) usage.rss_anon_mib = std::stod(line.substr(name.size())) / 1024;
  }
  std::error_code gone;
  for (const auto& file : fs::directory_iterator(process / "fd", gone)) {
    const fs::path target = fs::read_symlink(file.path(), gone);
    if (!gone && target.extension() != ".sst") ++usage.files;
  }
  return usage;
}

double DiskMib(const fs::path& directory) {
  double bytes = 0;
  std::error_code gone;
  for (const auto& file : fs::recursive_directory_iterator(directory, gone)) {
    struct stat info {};
    // A file may have gone since it was listed.
    if (lstat(file.path().c_str(), &info) == 0)
      bytes += 512.0 * static_cast<double>(info.st_blocks);
  }
  return bytes / (1 << 20);
}

}  // namespace cairn::testing
