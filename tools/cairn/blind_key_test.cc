#include "tools/cairn/blind_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tools/cairn/file.h"
#include "tools/cairn/testing/directory_fixture.h"

namespace cairn::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using BlindKeyTest = testing::DirectoryFixture;

TEST_F(BlindKeyTest, IsMadeOnceForItsOwnerAlone) {
  const std::string path = Path("config/cairn/blind.key");
  const absl::StatusOr<BlindKey> made = OpenBlindKey(path);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(made->made);
  EXPECT_EQ(*ReadFile(path, 100), made->secret.Hex() + "\n");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(Path("config/cairn")).permissions(), fs::perms::owner_all);

  const absl::StatusOr<BlindKey> again = OpenBlindKey(path);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE(again->made);
  EXPECT_EQ(again->secret, made->secret);
  EXPECT_NE(OpenBlindKey(Path("other"))->secret, made->secret);
}

TEST_F(BlindKeyTest, RefusesFilesThatOthersMayUse) {
  for (const mode_t mode : {0640, 0604, 0660}) {
    const std::string path = Path(std::to_string(mode));
    ASSERT_TRUE(CreateFile(path, std::string(64, 'a') + "\n", 0600).ok());
    fs::permissions(path, static_cast<fs::perms>(mode));
    const absl::Status status = OpenBlindKey(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(status.message()), HasSubstr("chmod 600 " + path));
  }
}

TEST_F(BlindKeyTest, RefusesFilesOfAnythingElseAndLeavesThem) {
  const std::string digits(64, 'a');
  int count = 0;
  for (const std::string& text : {std::string(), digits, digits + "\n\n", digits + "aa\n",
                                  std::string(64, 'A') + "\n", digits.substr(2) + "\n"}) {
    const std::string path = Path(std::to_string(count++));
    ASSERT_TRUE(CreateFile(path, text, 0600).ok());
    const absl::Status status = OpenBlindKey(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("is no blind key"));
    EXPECT_EQ(*ReadFile(path, 100), text);
  }
}

TEST(DefaultBlindKeyFile, FollowsTheVariables) {
  setenv("HOME", "/home/me", 1);
  setenv("XDG_CONFIG_HOME", "/config", 1);
  EXPECT_EQ(DefaultBlindKeyFile(), "/config/cairn/blind.key");
  for (const char* unusable : {"", "relative"}) {
    setenv("XDG_CONFIG_HOME", unusable, 1);
    EXPECT_EQ(DefaultBlindKeyFile(), "/home/me/.config/cairn/blind.key");
  }
  unsetenv("XDG_CONFIG_HOME");
  unsetenv("HOME");
  EXPECT_EQ(DefaultBlindKeyFile(), std::nullopt);
}

}  // namespace
}  // namespace cairn::cli
