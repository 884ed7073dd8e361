// A test with a directory of its own, which goes with it.

#ifndef CAIRN_TOOLS_CAIRN_TESTING_DIRECTORY_FIXTURE_H_
#define CAIRN_TOOLS_CAIRN_TESTING_DIRECTORY_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace cairn::testing {

class DirectoryFixture : public ::testing::Test {
 protected:
  DirectoryFixture() : directory_(::testing::TempDir() + "/cairn.XXXXXX") {
    if (mkdtemp(directory_.data()) == nullptr) std::abort();
  }
  ~DirectoryFixture() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }

  std::string directory_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TOOLS_CAIRN_TESTING_DIRECTORY_FIXTURE_H_
