#include "witness/server/files.h"

#include <sys/stat.h>
#include <unistd.h>

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

  static mode_t ModeOf(const std::string& path) {
    struct stat info;
    return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
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

TEST_F(FilesTest, FollowsNoLinkThatSomebodyPlanted) {
  const std::string target = directory_ + "/target";
  for (const std::string& planted : {file_, file_ + ".new"}) {
    for (const bool dangling : {false, true}) {
      if (!dangling) {
        ASSERT_EQ(ReplaceFile(target, "precious"), absl::OkStatus());
      }
      fs::create_symlink(target, planted);
      ASSERT_EQ(ReplaceFile(file_, "address"), absl::OkStatus()) << planted;
      EXPECT_FALSE(fs::is_symlink(file_));
      EXPECT_EQ(*ReadWholeFile(file_, 10), "address");
      EXPECT_EQ(fs::exists(target), !dangling);
      if (!dangling) {
        EXPECT_EQ(*ReadWholeFile(target, 10), "precious");
      }
      fs::remove(target);
      fs::remove(file_);
    }
  }
  fs::create_symlink(target, file_);
  EXPECT_EQ(MakeFile(file_, "x").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(fs::exists(target));
}

TEST_F(FilesTest, AHardLinkBesideItKeepsItsBytes) {
  const std::string target = directory_ + "/target";
  ASSERT_EQ(MakeFile(target, "precious"), absl::OkStatus());
  fs::create_hard_link(target, file_ + ".new");
  fs::create_hard_link(target, file_);
  ASSERT_EQ(ReplaceFile(file_, "address"), absl::OkStatus());
  EXPECT_EQ(*ReadWholeFile(file_, 10), "address");
  EXPECT_EQ(*ReadWholeFile(target, 10), "precious");
}

TEST_F(FilesTest, ModesDoNotDependOnTheUmask) {
  const mode_t before = umask(0);
  for (const mode_t mask : {0000, 0022, 0077, 0777}) {
    umask(mask);
    ASSERT_EQ(ReplaceFile(file_, "x"), absl::OkStatus());
    ASSERT_EQ(ReplaceFile(file_ + "a", "x", 0644), absl::OkStatus());
    fs::remove(file_ + "b");
    ASSERT_EQ(MakeFile(file_ + "b", "x"), absl::OkStatus());
    EXPECT_EQ(ModeOf(file_), 0600u) << mask;
    EXPECT_EQ(ModeOf(file_ + "a"), 0644u) << mask;
    EXPECT_EQ(ModeOf(file_ + "b"), 0600u) << mask;
  }
  umask(0027);
  EXPECT_EQ(MakeFilesPrivate(), 0640u);
  fs::create_directory(directory_ + "/below");
  EXPECT_EQ(ModeOf(directory_ + "/below"), 0700u);
  umask(before);
}

TEST_F(FilesTest, ASecretIsRefusedWhereOthersMayUseIt) {
  ASSERT_EQ(MakeFile(file_, "x"), absl::OkStatus());
  for (const mode_t mode : {0600, 0400}) {
    ASSERT_EQ(chmod(file_.c_str(), mode), 0);
    EXPECT_EQ(ReadWholeFile(file_, 10, /*private_only=*/true).status(), absl::OkStatus());
  }
  for (const mode_t mode : {0640, 0604, 0444, 0450, 0460, 0441, 0777}) {
    ASSERT_EQ(chmod(file_.c_str(), mode), 0);
    EXPECT_EQ(ReadWholeFile(file_, 10, /*private_only=*/true).status().code(),
              absl::StatusCode::kPermissionDenied)
        << mode;
  }
  // Root's, for a group of ours; who is not root cannot make one, and is refused his own.
  ASSERT_EQ(chmod(file_.c_str(), 0440), 0);
  EXPECT_EQ(ReadWholeFile(file_, 10, /*private_only=*/true).ok(), geteuid() == 0);
  if (geteuid() != 0) return;
  ASSERT_EQ(chown(file_.c_str(), 0, 54'321), 0);
  EXPECT_EQ(ReadWholeFile(file_, 10, /*private_only=*/true).status().code(),
            absl::StatusCode::kPermissionDenied)
      << "a group that this process is not in";
  ASSERT_EQ(chown(file_.c_str(), 54'321, getegid()), 0);
  EXPECT_EQ(ReadWholeFile(file_, 10, /*private_only=*/true).status().code(),
            absl::StatusCode::kPermissionDenied)
      << "its owner is another";
}

TEST_F(FilesTest, SaysWhoMayUseADirectory) {
  ASSERT_EQ(chmod(directory_.c_str(), 0700), 0);
  EXPECT_EQ(SayWhoMayUse(directory_), "");
  EXPECT_EQ(SayWhoMayUse(directory_ + "/none"), "");
  ASSERT_EQ(chmod(directory_.c_str(), 0750), 0);
  EXPECT_NE(SayWhoMayUse(directory_).find("run `chmod 700 "), std::string::npos);
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
