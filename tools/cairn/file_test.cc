#include "tools/cairn/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace cairn::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  FileTest() {
    directory_ = ::testing::TempDir() + "/file_test.XXXXXX";
    if (mkdtemp(directory_.data()) == nullptr) std::abort();
  }
  ~FileTest() override { fs::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  size_t Count() const {
    return std::distance(fs::directory_iterator(directory_), fs::directory_iterator());
  }

  std::string directory_;
};

TEST_F(FileTest, WritesAtomicallyAndReadsBack) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "first").ok());
  ASSERT_TRUE(WriteFileAtomically(Path("a"), std::string("sec\0ond", 7)).ok());
  EXPECT_EQ(*ReadFile(Path("a"), 7), std::string("sec\0ond", 7));
  EXPECT_EQ(Count(), 1u) << "a temporary file was left";
}

TEST_F(FileTest, LeavesNothingBehindWhereItCannotWrite) {
  fs::create_directory(Path("taken"));
  EXPECT_FALSE(WriteFileAtomically(Path("taken"), "x").ok());
  EXPECT_EQ(Count(), 1u);
  const absl::Status status = WriteFileAtomically(Path("missing/a"), "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("missing/a"));
}

TEST_F(FileTest, ReadsNoMoreThanTheCap) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "12345").ok());
  EXPECT_TRUE(ReadFile(Path("a"), 5).ok());
  EXPECT_EQ(ReadFile(Path("a"), 4).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReadFile(Path("b"), 4).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileTest, CreatesSecretsForTheirOwnerAloneAndOnlyOnce) {
  ASSERT_TRUE(CreateSecretFile(Path("key"), "secret").ok());
  struct stat status;
  ASSERT_EQ(stat(Path("key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(CreateSecretFile(Path("key"), "other").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*ReadFile(Path("key"), 100), "secret");
  ASSERT_EQ(symlink("nowhere", Path("link").c_str()), 0);
  EXPECT_EQ(CreateSecretFile(Path("link"), "other").code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(FileTest, HashesFilesLargerThanItsBuffer) {
  const std::string bytes(1'000'003, 'x');
  ASSERT_TRUE(WriteFileAtomically(Path("a"), bytes).ok());
  EXPECT_EQ(*HashFile(Path("a")), merkle::Sha256(bytes));
  EXPECT_EQ(*FileSize(Path("a")), bytes.size());
}

TEST_F(FileTest, TakesDirectoriesForNoFiles) {
  EXPECT_EQ(FileSize(directory_).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(ReadFile(directory_, 100).ok());
}

TEST_F(FileTest, MakesDirectoriesThatAreMissing) {
  EXPECT_TRUE(MakeDirectories(Path("a/b/c")).ok());
  EXPECT_TRUE(MakeDirectories(Path("a/b/c")).ok());
  EXPECT_TRUE(fs::is_directory(Path("a/b/c")));
  ASSERT_TRUE(WriteFileAtomically(Path("file"), "x").ok());
  EXPECT_FALSE(MakeDirectories(Path("file/below")).ok());
}

}  // namespace
}  // namespace cairn::cli
