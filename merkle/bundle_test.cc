#include "merkle/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cairn::merkle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Bundle(const std::vector<std::string>& entries) {
  std::string bundle;
  for (const std::string& entry : entries) {
    EXPECT_TRUE(AppendToBundle(entry, bundle).ok());
  }
  return bundle;
}

TEST(Bundle, PrefixesEachEntryWithItsLength) {
  EXPECT_EQ(Bundle({"abc", "", "d"}), std::string("\0\3abc\0\0\0\1d", 10));
  EXPECT_EQ(Bundle({std::string(258, 'x')}).substr(0, 3), "\1\2x");
}

TEST(Bundle, IsParsedBack) {
  const std::string longest(kMaxBundleEntryBytes, 'x');
  const std::string bundle = Bundle({"abc", "", longest});
  const auto entries = ParseBundle(bundle, 3);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_THAT(*entries, ElementsAre("abc", "", longest));
  EXPECT_THAT(ParseBundle("", 0).value(), IsEmpty());
}

TEST(Bundle, TakesNoEntryThatIsTooLong) {
  std::string bundle = "before";
  const absl::Status status = AppendToBundle(std::string(65536, 'x'), bundle);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("at most 65535 bytes, got 65536"));
  EXPECT_EQ(bundle, "before");
}

TEST(ParseBundle, RefusesEveryCutAndEveryAddition) {
  const std::string bundle = Bundle({"abc", "", "de"});
  for (size_t length = 0; length < bundle.size(); ++length) {
    const absl::Status status = ParseBundle(bundle.substr(0, length), 3).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << length;
    EXPECT_THAT(status.message(), HasSubstr("bundle ends")) << length;
  }
  EXPECT_THAT(ParseBundle(bundle.substr(0, 4), 3).status().message(),
              HasSubstr("ends within entry 0 of 3"));
  EXPECT_THAT(ParseBundle(bundle.substr(0, 5), 3).status().message(),
              HasSubstr("ends before entry 1 of 3"));
  const absl::Status longer = ParseBundle(bundle + "x", 3).status();
  EXPECT_EQ(longer.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(longer.message(), HasSubstr("1 bytes follow the last of 3 entries"));
}

TEST(ParseBundle, RefusesAnotherCount) {
  const std::string bundle = Bundle({"abc", "", "de"});
  EXPECT_THAT(ParseBundle(bundle, 2).status().message(), HasSubstr("4 bytes follow"));
  EXPECT_THAT(ParseBundle(bundle, 4).status().message(), HasSubstr("ends before entry 3 of 4"));
  EXPECT_FALSE(ParseBundle(bundle, ~size_t{0}).ok());
}

}  // namespace
}  // namespace cairn::merkle
