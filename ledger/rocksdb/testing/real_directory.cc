#include "ledger/rocksdb/testing/real_directory.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>

#include <cstdio>
#include <filesystem>

namespace cairn::ledger::testing {
namespace {

std::string Base() {
  for (const char* name : {"CAIRN_TEST_DIR", "TEST_TMPDIR"}) {
    const char* value = getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "/var/tmp";
}

}  // namespace

RealDirectory::RealDirectory() : path_(Base() + "/cairnXXXXXX") {
  struct statfs info {};
  if (mkdtemp(path_.data()) == nullptr || statfs(path_.c_str(), &info) != 0) {
    std::perror(path_.c_str());
    std::abort();
  }
  if (info.f_type == TMPFS_MAGIC) {
    std::fprintf(stderr, "%s lies in memory: name a directory on a disk in CAIRN_TEST_DIR\n",
                 path_.c_str());
    std::abort();
  }
}

RealDirectory::~RealDirectory() { std::filesystem::remove_all(path_); }

}  // namespace cairn::ledger::testing
