#include "ledger/server/limits.h"

#include <string>

#include "gtest/gtest.h"
#include "ledger/server/status.h"
#include "proto/google_rpc.pb.h"

namespace cairn::server {
namespace {

class ManualClock : public ledger::Clock {
 public:
  uint64_t WallMs() const override { return wall_ms; }
  uint64_t SteadyMs() const override { return steady_ms; }
  void Advance(uint64_t ms) {
    wall_ms += ms;
    steady_ms += ms;
  }

  uint64_t wall_ms = 1'000 * 86'400'000ull;  // A midnight.
  uint64_t steady_ms = 5;
};

// The time to wait that a refusal names, or -1.
int64_t RetryMs(const absl::Status& status) {
  google::rpc::RetryInfo retry;
  const google::rpc::Status rpc = ToRpcStatus(status);
  for (const auto& detail : rpc.details()) {
    if (detail.UnpackTo(&retry)) {
      return retry.retry_delay().seconds() * 1000 + retry.retry_delay().nanos() / 1'000'000;
    }
  }
  return -1;
}

// An append of new entries alone.
absl::Status Take(Limiter& limiter, const Limiter::Counts& entries) {
  const absl::Status may = limiter.Check(entries);
  if (may.ok()) limiter.Charge(entries);
  return may;
}

TEST(Limiter, WithoutLimitsTakesEverything) {
  ManualClock clock;
  Limiter limiter({}, Limits(), &clock);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(Take(limiter, {{"a", 1'000'000}}).ok());
}

TEST(Limiter, HoldsTheAverageRate) {
  ManualClock clock;
  Limiter limiter({{"a", {.entries_per_second = 10, .entries_per_day = 0}}}, Limits(), &clock);
  int taken = 0;
  for (int ms = 0; ms < 60'000; ++ms) {
    while (Take(limiter, {{"a", 1}}).ok()) ++taken;
    clock.Advance(1);
  }
  EXPECT_GE(taken, 600);
  EXPECT_LE(taken, 611);
}

TEST(Limiter, ABatchLargerThanASecondIsTakenOnceAndOwed) {
  ManualClock clock;
  Limiter limiter({{"a", {.entries_per_second = 10, .entries_per_day = 0}}}, Limits(), &clock);
  EXPECT_TRUE(Take(limiter, {{"a", 100}}).ok());
  const absl::Status refused = Take(limiter, {{"a", 1}});
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_EQ(RetryMs(refused), 9'100);
  clock.Advance(9'000);
  EXPECT_FALSE(Take(limiter, {{"a", 1}}).ok());
  clock.Advance(100);
  EXPECT_TRUE(Take(limiter, {{"a", 1}}).ok());
}

TEST(Limiter, CountsADayFromMidnight) {
  ManualClock clock;
  Limiter limiter({}, {.entries_per_second = 0, .entries_per_day = 5}, &clock);
  clock.Advance(86'400'000 - 60'000);
  EXPECT_TRUE(Take(limiter, {{"a", 3}}).ok());
  const absl::Status refused = Take(limiter, {{"a", 3}});
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_EQ(RetryMs(refused), 60'000);
  EXPECT_TRUE(Take(limiter, {{"a", 2}}).ok()) << "a refusal charges nothing";
  EXPECT_TRUE(Take(limiter, {{"b", 5}}).ok()) << "each has its own count";
  EXPECT_FALSE(Take(limiter, {{"a", 1}}).ok());
  clock.Advance(60'000);
  EXPECT_TRUE(Take(limiter, {{"a", 5}}).ok());
}

TEST(Limiter, AClockThatIsSetGivesNoSecondDay) {
  ManualClock clock;
  Limiter limiter({}, {.entries_per_second = 0, .entries_per_day = 5}, &clock);
  clock.Advance(1'000);
  EXPECT_TRUE(Take(limiter, {{"a", 5}}).ok());
  clock.wall_ms -= 86'400'000;
  EXPECT_FALSE(Take(limiter, {{"a", 1}}).ok()) << "yesterday again";
  clock.wall_ms += 86'400'000;
  EXPECT_FALSE(Take(limiter, {{"a", 1}}).ok());
  // A year ahead by mistake, and set right: it is held for a day, not for a year.
  clock.wall_ms += 365 * 86'400'000ull;
  EXPECT_TRUE(Take(limiter, {{"a", 5}}).ok());
  clock.wall_ms -= 365 * 86'400'000ull;
  EXPECT_FALSE(Take(limiter, {{"a", 1}}).ok());
  clock.Advance(86'400'000 - 1);
  EXPECT_FALSE(Take(limiter, {{"a", 1}}).ok());
  clock.Advance(1);
  EXPECT_TRUE(Take(limiter, {{"a", 5}}).ok());
  clock.Advance(86'400'000);
  EXPECT_TRUE(Take(limiter, {{"a", 5}}).ok());
}

TEST(Limiter, WhatIsCheckedAndNotChargedCostsNothing) {
  ManualClock clock;
  Limiter limiter({}, {.entries_per_second = 2, .entries_per_day = 5}, &clock);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(limiter.Check({{"a", 5}}).ok());
  // In flight at once: owed in the bucket, counted in the day.
  limiter.Charge({{"a", 5}});
  limiter.Charge({{"a", 5}});
  EXPECT_EQ(RetryMs(limiter.Check({{"a", 1}})), 4'500);
  clock.Advance(4'500);
  EXPECT_EQ(RetryMs(limiter.Check({{"a", 1}})), 86'400'000 - 4'500);
}

TEST(Limiter, ChecksAllCertifiersOfABatch) {
  ManualClock clock;
  Limiter limiter({{"a", {.entries_per_second = 0, .entries_per_day = 4}}}, Limits(), &clock);
  EXPECT_FALSE(Take(limiter, {{"a", 5}, {"b", 1}}).ok());
  EXPECT_TRUE(Take(limiter, {{"a", 4}, {"b", 1}}).ok());
  EXPECT_FALSE(Take(limiter, {{"a", 1}}).ok());
}

}  // namespace
}  // namespace cairn::server
