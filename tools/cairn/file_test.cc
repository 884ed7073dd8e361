#include "tools/cairn/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tools/cairn/testing/directory_fixture.h"

namespace cairn::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileTest : public testing::DirectoryFixture {
 protected:
  size_t Count() const {
    return std::distance(fs::directory_iterator(directory_), fs::directory_iterator());
  }
};

TEST_F(FileTest, CreatesFilesWithTheModeGivenAndReadsThemBack) {
  for (const mode_t mode : {0600, 0644}) {
    const std::string path = Path(std::to_string(mode));
    ASSERT_TRUE(CreateFile(path, std::string("sec\0ond", 7), mode).ok());
    EXPECT_EQ(*ReadFile(path, 7), std::string("sec\0ond", 7));
    struct stat status;
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, mode);
  }
  EXPECT_EQ(Count(), 2u) << "a temporary file was left";
}

TEST_F(FileTest, NeverOverwrites) {
  ASSERT_TRUE(CreateFile(Path("a"), "first", 0644).ok());
  fs::create_directory(Path("directory"));
  ASSERT_EQ(symlink("nowhere", Path("link").c_str()), 0);
  for (const std::string name : {"a", "directory", "link"}) {
    const absl::Status status = CreateFile(Path(name), "second", 0644);
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(status.message(), Path(name) + " exists and is not overwritten");
  }
  EXPECT_EQ(*ReadFile(Path("a"), 100), "first");
  EXPECT_EQ(Count(), 3u) << "a temporary file was left";
}

TEST_F(FileTest, ReplacesBytesAndKeepsMode) {
  for (const mode_t mode : {0600, 0640, 0444}) {
    const std::string path = Path(std::to_string(mode));
    ASSERT_TRUE(CreateFile(path, "a longer text", 0600).ok());
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    ASSERT_TRUE(ReplaceFile(path, "new").ok());
    EXPECT_EQ(*ReadFile(path, 100), "new");
    struct stat status;
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, mode);
  }
  EXPECT_EQ(Count(), 3u) << "a temporary file was left";
}

TEST_F(FileTest, ReplacesWhatALinkLeadsTo) {
  fs::create_directory(Path("elsewhere"));
  ASSERT_TRUE(CreateFile(Path("elsewhere/a"), "old", 0644).ok());
  ASSERT_EQ(symlink("elsewhere/a", Path("link").c_str()), 0);
  ASSERT_TRUE(ReplaceFile(Path("link"), "new").ok());
  EXPECT_TRUE(fs::is_symlink(Path("link")));
  EXPECT_EQ(*ReadFile(Path("elsewhere/a"), 100), "new");
}

TEST_F(FileTest, WhoeverHasTheOldFileOpenReadsOldBytesOnly) {
  ASSERT_TRUE(CreateFile(Path("a"), "old", 0644).ok());
  std::ifstream before(Path("a"));
  ASSERT_TRUE(ReplaceFile(Path("a"), "new").ok());
  std::string line;
  std::getline(before, line);
  EXPECT_EQ(line, "old");
}

TEST_F(FileTest, ReplacesOnlyFilesThatAreThere) {
  EXPECT_EQ(ReplaceFile(Path("missing"), "x").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReplaceFile(directory_, "x").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Count(), 0u);
}

TEST_F(FileTest, TriesADirectoryAndLeavesNothingThere) {
  EXPECT_TRUE(TryDirectory(directory_).ok());
  EXPECT_EQ(Count(), 0u);
  EXPECT_EQ(TryDirectory(Path("missing")).code(), absl::StatusCode::kNotFound);
}

TEST_F(FileTest, TakesNamesAsLongAsTheyCanBe) {
  EXPECT_TRUE(CreateFile(Path(std::string(255, 'x')), "x", 0644).ok());
}

TEST_F(FileTest, LeavesNothingBehindWhereItCannotWrite) {
  const std::string too_long = Path(std::string(256, 'x'));
  EXPECT_EQ(CreateFile(too_long, "x", 0644).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ReadFile(too_long, 1).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(FileSize(too_long).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Count(), 0u);
  const absl::Status status = CreateFile(Path("missing/a"), "x", 0644);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("missing/a"));
}

TEST_F(FileTest, PassesOverWhatAProcessOfTheSameIdLeft) {
  constexpr size_t kLeft = 100;
  for (size_t i = 0; i < kLeft; ++i) {
    std::ofstream(Path(".cairn-" + std::to_string(getpid()) + "-" + std::to_string(i)));
  }
  EXPECT_TRUE(CreateFile(Path("a"), "x", 0644).ok());
  EXPECT_EQ(*ReadFile(Path("a"), 1), "x");
  EXPECT_EQ(Count(), kLeft + 1);
}

TEST_F(FileTest, ReadsNoMoreThanTheCap) {
  ASSERT_TRUE(CreateFile(Path("a"), "12345", 0644).ok());
  EXPECT_TRUE(ReadFile(Path("a"), 5).ok());
  EXPECT_EQ(ReadFile(Path("a"), 4).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReadFile(Path("b"), 4).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileTest, HashesFilesLargerThanItsBuffer) {
  const std::string bytes(1'000'003, 'x');
  ASSERT_TRUE(CreateFile(Path("a"), bytes, 0644).ok());
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
  ASSERT_TRUE(CreateFile(Path("file"), "x", 0644).ok());
  EXPECT_FALSE(MakeDirectories(Path("file/below")).ok());
  EXPECT_FALSE(MakeDirectories(Path("file")).ok());
  EXPECT_TRUE(MakeDirectories(Path("slash/"), 0700).ok());
  EXPECT_EQ(fs::status(Path("slash")).permissions(), fs::perms::owner_all);
}

}  // namespace
}  // namespace cairn::cli
