#include "witness/server/key_file.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace cairn::server {
namespace {

OwnerId Owner(uint8_t id) {
  OwnerId owner;
  owner.fill(id);
  return owner;
}

std::vector<KeySettings> FreshKey() {
  const std::string file = std::string(std::getenv("TEST_TMPDIR")) + "/key";
  std::filesystem::remove(file + ".used");
  return {{.file = file, .state_file = file + ".used"}};
}

TEST(BindKeys, BindsAKeyToOneOwnerUntilTheOperatorSaysOtherwise) {
  const std::vector<KeySettings> keys = FreshKey();
  EXPECT_FALSE(*AnyKeyUsed(keys));
  ASSERT_EQ(BindKeys(keys, Owner(1), false), absl::OkStatus());
  EXPECT_TRUE(*AnyKeyUsed(keys));
  EXPECT_EQ(BindKeys(keys, Owner(1), false), absl::OkStatus());
  EXPECT_EQ(BindKeys(keys, Owner(2), false).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(BindKeys(keys, Owner(2), true), absl::OkStatus());
  EXPECT_EQ(BindKeys(keys, Owner(1), false).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(BindKeys, OfTwoOwnersThatBeginWithOneKeyAtOnceOneGetsIt) {
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

}  // namespace
}  // namespace cairn::server
