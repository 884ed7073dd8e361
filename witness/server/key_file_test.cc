#include "witness/server/key_file.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace cairn::server {
namespace {

namespace fs = std::filesystem;

OwnerId Owner(uint8_t id) {
  OwnerId owner;
  owner.fill(id);
  return owner;
}

std::vector<KeySettings> FreshKey() {
  const std::string file = std::string(std::getenv("TEST_TMPDIR")) + "/key";
  for (const char* left : {"", ".used", ".link", ".hard", ".other"}) fs::remove(file + left);
  std::ofstream(file) << "a key\n";
  return {{.file = file, .state_file = file + ".used"}};
}

// As a process would that ends at once.
absl::Status BindKeys(const std::vector<KeySettings>& keys, const OwnerId& owner,
                      bool accept_new_owner) {
  absl::StatusOr<HeldKeys> held = HeldKeys::Take(keys);
  return held.ok() ? held->Bind(owner, accept_new_owner) : held.status();
}

TEST(HeldKeys, BindsAKeyToOneOwnerUntilTheOperatorSaysOtherwise) {
  const std::vector<KeySettings> keys = FreshKey();
  EXPECT_FALSE(*AnyKeyUsed(keys));
  ASSERT_EQ(BindKeys(keys, Owner(1), false), absl::OkStatus());
  EXPECT_TRUE(*AnyKeyUsed(keys));
  EXPECT_EQ(BindKeys(keys, Owner(1), false), absl::OkStatus());
  EXPECT_EQ(BindKeys(keys, Owner(2), false).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(BindKeys(keys, Owner(2), true), absl::OkStatus());
  EXPECT_EQ(BindKeys(keys, Owner(1), false).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(HeldKeys, OfTwoOwnersThatBeginWithOneKeyAtOnceOneGetsIt) {
  for (int round = 0; round < 100; ++round) {
    const std::vector<KeySettings> keys = FreshKey();
    absl::Status first, second;
    std::thread other([&] { second = BindKeys(keys, Owner(2), false); });
    first = BindKeys(keys, Owner(1), false);
    other.join();
    ASSERT_NE(first.ok(), second.ok()) << first << "; " << second;
    const absl::Status& refused = first.ok() ? second : first;
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
    EXPECT_EQ(BindKeys(keys, Owner(first.ok() ? 1 : 2), false), absl::OkStatus());
  }
}

// That the keys are refused for as long as another holds them, and with these words.
void ExpectHeld(const std::vector<KeySettings>& keys) {
  const absl::Status refused = BindKeys(keys, Owner(1), false);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
  EXPECT_NE(refused.message().find("another process holds /"), absl::string_view::npos) << refused;
}

TEST(HeldKeys, AreNobodyElsesByWhateverName) {
  const std::vector<KeySettings> keys = FreshKey();
  const std::string& file = keys.front().file;
  const std::string& used = keys.front().state_file;
  {
    absl::StatusOr<HeldKeys> held = HeldKeys::Take(keys);
    ASSERT_EQ(held.status(), absl::OkStatus());
    // Also before there is a state file.
    ExpectHeld(keys);
    ASSERT_EQ(held->Bind(Owner(1), false), absl::OkStatus());
    ExpectHeld(keys);
    fs::create_symlink(used, file + ".link");
    fs::create_hard_link(used, file + ".hard");
    std::ofstream(file + ".other") << "the key, copied\n";
    for (const char* name : {".link", ".hard", ".used"}) {
      ExpectHeld({{.file = file + ".other", .state_file = file + name}});
    }
    // One of several is enough.
    ExpectHeld({{.file = file + ".other", .state_file = file + ".other.used"}, keys.front()});
    // The same key with another state file is the same key.
    ExpectHeld({{.file = file, .state_file = file + ".elsewhere"}});
    const HeldKeys moved = *std::move(held);
    ExpectHeld(keys);
  }
  EXPECT_EQ(BindKeys(keys, Owner(1), false), absl::OkStatus());
}

TEST(HeldKeys, StayHeldWhenTheirOwnerIsReplaced) {
  const std::vector<KeySettings> keys = FreshKey();
  ASSERT_EQ(BindKeys(keys, Owner(1), false), absl::OkStatus());
  absl::StatusOr<HeldKeys> held = HeldKeys::Take(keys);
  ASSERT_EQ(held->Bind(Owner(2), true), absl::OkStatus());
  std::ofstream(keys.front().file + ".other") << "the key, copied\n";
  ExpectHeld({{.file = keys.front().file + ".other", .state_file = keys.front().state_file}});
}

TEST(HeldKeys, MayShareAStateFile) {
  std::vector<KeySettings> keys = FreshKey();
  std::ofstream(keys.front().file + ".other") << "another key\n";
  keys.push_back({.file = keys.front().file + ".other", .state_file = keys.front().state_file});
  EXPECT_EQ(BindKeys(keys, Owner(1), false), absl::OkStatus());
  EXPECT_EQ(BindKeys(keys, Owner(1), false), absl::OkStatus());
}

TEST(HeldKeys, AreFreeAfterAKill) {
  const std::vector<KeySettings> keys = FreshKey();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    absl::StatusOr<HeldKeys> held = HeldKeys::Take(keys);
    const char answer = held.ok() && held->Bind(Owner(1), false).ok() ? 'y' : 'n';
    if (write(ready[1], &answer, 1) == 1) pause();
    _exit(1);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  ExpectHeld(keys);
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(BindKeys(keys, Owner(1), false), absl::OkStatus());
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace cairn::server
