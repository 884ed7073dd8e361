#include "tests/testing/vectors.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::fflush(stderr);
  std::abort();
}

std::optional<fs::path> FromEnvironment(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') {
    Die(std::string(variable) + " is not set: name the directory of the vectors, or say `none`");
  }
  if (std::string(value) == "none") {
    // tools/test counts these lines.
    std::printf("VECTORS NOT RUN: %s is none\n", variable);
    std::fflush(stdout);
    return std::nullopt;
  }
  std::error_code error;
  if (!fs::is_directory(value, error)) {
    Die(std::string(variable) + " names no directory: " + value);
  }
  return fs::path(value);
}

}  // namespace

std::optional<fs::path> VectorsDir() { return FromEnvironment("CAIRN_VECTORS"); }

std::optional<fs::path> CerDir() { return FromEnvironment("CAIRN_CER"); }

std::optional<fs::path> Cer2Dir() { return FromEnvironment("CAIRN_CER2"); }

std::optional<fs::path> ForgeDir() { return FromEnvironment("CAIRN_FORGE"); }

std::vector<fs::path> FilesIn(const fs::path& directory, const std::string& suffix) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (entry->is_regular_file(error) && name.ends_with(suffix)) files.push_back(entry->path());
  }
  if (error) Die("cannot list " + directory.string() + ": " + error.message());
  if (files.empty()) Die("no file *" + suffix + " in " + directory.string());
  std::sort(files.begin(), files.end());
  return files;
}

std::string ReadFile(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) Die("cannot open " + file.string());
  std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) Die("cannot read " + file.string());
  return bytes;
}

}  // namespace cairn::testing
