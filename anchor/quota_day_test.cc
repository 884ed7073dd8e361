#include "anchor/quota_day.h"

#include "gtest/gtest.h"

namespace cairn::anchor {
namespace {

constexpr uint64_t kDay = QuotaDay::kDayMs;
constexpr uint64_t kHour = kDay / 24;

TEST(QuotaDay, BeginsWithEachMidnight) {
  QuotaDay day(100, 0);
  EXPECT_FALSE(day.Advance(100 * kDay, 1));
  EXPECT_FALSE(day.Advance(101 * kDay - 1, kDay - 1));
  EXPECT_TRUE(day.Advance(101 * kDay, kDay));
  EXPECT_FALSE(day.Advance(101 * kDay + 1, kDay + 1));
  EXPECT_EQ(day.day(), 101U);
}

TEST(QuotaDay, GivesNothingToAClockThatIsSetBackAndForth) {
  QuotaDay day(100, 0);
  for (uint64_t i = 1; i < 20; ++i) {
    EXPECT_FALSE(day.Advance(99 * kDay, i * kHour)) << i;
    EXPECT_FALSE(day.Advance(100 * kDay + 1, i * kHour + 1)) << i;
  }
}

TEST(QuotaDay, IsNotHeldForEverByAClockThatWasAhead) {
  QuotaDay day(100, 0);
  ASSERT_TRUE(day.Advance(465 * kDay, kHour));
  EXPECT_FALSE(day.Advance(100 * kDay, 2 * kHour));
  EXPECT_FALSE(day.Advance(101 * kDay, kHour + kDay - 1));
  EXPECT_TRUE(day.Advance(101 * kDay, kHour + kDay));
  EXPECT_EQ(day.day(), 101U);
  EXPECT_TRUE(day.Advance(102 * kDay, kHour + kDay + 1));
}

}  // namespace
}  // namespace cairn::anchor
