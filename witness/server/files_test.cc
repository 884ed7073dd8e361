#include "witness/server/files.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cairn::server {
namespace {

namespace fs = std::filesystem;

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() {
    fs::remove_all(directory_);
    fs::create_directory(directory_);
  }
  size_t FileCount() const {
    return std::distance(fs::directory_iterator(directory_), fs::directory_iterator());
  }

  const std::string directory_ = std::string(std::getenv("TEST_TMPDIR")) + "/files";
  const std::string file_ = directory_ + "/file";
};

TEST_F(FilesTest, AFileIsMadeOnceAndReplacedAtWill) {
  EXPECT_EQ(ReadWholeFile(file_, 10).status().code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(MakeFile(file_, "first"), absl::OkStatus());
  EXPECT_EQ(*ReadWholeFile(file_, 10), "first");
  EXPECT_EQ(MakeFile(file_, "second").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*ReadWholeFile(file_, 10), "first");
  ASSERT_EQ(ReplaceFile(file_, "third"), absl::OkStatus());
  EXPECT_EQ(*ReadWholeFile(file_, 5), "third");
  EXPECT_EQ(ReadWholeFile(file_, 4).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FileCount(), 1u) << "nothing is left beside it";
}

TEST_F(FilesTest, OfManyWhoMakeItOneSucceeds) {
  std::vector<absl::Status> made(8);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < made.size(); ++i) {
    threads.emplace_back([&, i] { made[i] = MakeFile(file_, absl::StrCat(i)); });
  }
  for (std::thread& thread : threads) thread.join();
  int succeeded = 0;
  for (size_t i = 0; i < made.size(); ++i) {
    if (!made[i].ok()) {
      EXPECT_EQ(made[i].code(), absl::StatusCode::kAlreadyExists) << made[i];
      continue;
    }
    ++succeeded;
    EXPECT_EQ(*ReadWholeFile(file_, 10), absl::StrCat(i));
  }
  EXPECT_EQ(succeeded, 1);
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(FilesTest, SaysWhatTheSystemSays) {
  const std::string nowhere = directory_ + "/no/such/place";
  for (const absl::Status& status : {MakeFile(nowhere, "x"), ReplaceFile(nowhere, "x")}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_NE(status.ToString().find(nowhere), std::string::npos) << status;
  }
}

}  // namespace
}  // namespace cairn::server
