#include "ledger/server/outside_clocks.h"

#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/note/key.h"

namespace cairn::server {
namespace {

constexpr uint64_t kMinute = 60'000;

class ManualClock : public ledger::Clock {
 public:
  uint64_t WallMs() const override { return wall_ms; }
  uint64_t SteadyMs() const override { return steady_ms; }
  void Advance(uint64_t ms) {
    wall_ms += ms;
    steady_ms += ms;
  }

  uint64_t wall_ms = 1'800'000'000'000;
  uint64_t steady_ms = 5'000;
};

// w0, w1 and w2, of whom two are a quorum.
note::Policy TwoOfThree(const std::string& quorum = "g") {
  std::string text;
  for (int i = 0; i < 3; ++i) {
    const auto key =
        note::GenerateSignerKey(absl::StrCat("w.example/", i), note::KeyType::kCosignature);
    absl::StrAppend(&text, "witness w", i, " ", key->verifier_key().Format(), "\n");
  }
  absl::StrAppend(&text, "group g 2 w0 w1 w2\nquorum ", quorum, "\n");
  return *note::Policy::Parse(text);
}

class OutsideClocksTest : public ::testing::Test {
 protected:
  // A cosignature of a witness whose clock is ahead by that much.
  void Witness(size_t i, int64_t ahead_ms) {
    clocks_.HearWitness(i, (clock_.wall_ms + ahead_ms) / 1000, clock_.steady_ms);
  }
  void Authority(const std::string& anchor, const std::string& operated_by, int64_t ahead_ms) {
    const uint64_t at_s = (clock_.wall_ms + ahead_ms) / 1000;
    clocks_.HearAuthority(anchor, operated_by, at_s, at_s, clock_.steady_ms);
  }
  absl::Status Check() const { return clocks_.Check(clock_.wall_ms).status(); }
  bool Confirmed() const { return clocks_.Check(clock_.wall_ms).value_or(false); }
  void ExpectRefusal(const std::string& text) const {
    const absl::Status checked = Check();
    EXPECT_EQ(checked.code(), absl::StatusCode::kFailedPrecondition) << checked;
    EXPECT_TRUE(absl::StrContains(checked.message(), text)) << checked;
  }

  ManualClock clock_;
  OutsideClocks clocks_{clock_, TwoOfThree()};
};

TEST_F(OutsideClocksTest, SayNothingBeforeAnybodyWasHeard) {
  EXPECT_TRUE(Check().ok());
  EXPECT_TRUE(clocks_.Skews().empty());
  EXPECT_EQ(OutsideClocks::Describe({}), "");
}

TEST_F(OutsideClocksTest, AgreeWithinAMinute) {
  for (const int64_t ahead : {-59'000, 0, 59'000}) {
    for (size_t i = 0; i < 3; ++i) Witness(i, ahead);
    EXPECT_TRUE(Check().ok()) << ahead;
    EXPECT_EQ(OutsideClocks::Describe(clocks_.Skews()), "");
  }
}

TEST_F(OutsideClocksTest, OneWitnessOfAQuorumWarnsAndStopsNothing) {
  Witness(0, -3'600'000);
  Witness(1, 0);
  Witness(2, 0);
  EXPECT_TRUE(Check().ok());
  EXPECT_EQ(OutsideClocks::Describe(clocks_.Skews()),
            "the clock here is 3599 s ahead of witness:w0");
  // Two who do not agree on the side are no quorum.
  Witness(1, 3'600'000);
  EXPECT_TRUE(Check().ok());
}

TEST_F(OutsideClocksTest, AQuorumStopsAppendsUntilTheClockIsSetRight) {
  Witness(0, -3'600'000);
  Witness(1, -120'000);
  ExpectRefusal("the wall clock is more than a minute ahead of what w0, w1 say");
  clock_.Advance(5 * kMinute);
  ExpectRefusal("ahead");
  // Nothing new was heard, and nothing need be.
  clock_.wall_ms -= 120'000;
  EXPECT_TRUE(Check().ok()) << Check();
  clock_.wall_ms += 120'000;
  ExpectRefusal("ahead");
}

TEST_F(OutsideClocksTest, AQuorumStopsAClockThatIsBehind) {
  Witness(0, 90'000);
  Witness(2, 90'000);
  ExpectRefusal("the wall clock is more than a minute behind what w0, w2 say");
  clock_.wall_ms += 90'000;
  EXPECT_TRUE(Check().ok());
}

TEST_F(OutsideClocksTest, AStepOfTheClockShowsWithoutANewCosignature) {
  Witness(0, 0);
  Witness(1, 0);
  clock_.wall_ms -= 2 * kMinute;
  ExpectRefusal("behind");
}

TEST_F(OutsideClocksTest, AClockThatIsBehindIsNotHiddenByANewerEntry) {
  Witness(0, 0);
  Witness(1, 0);
  const uint64_t newest_ms = clock_.wall_ms;
  clock_.wall_ms -= 2 * kMinute;
  EXPECT_EQ(clocks_.Check(newest_ms).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(OutsideClocksTest, WhoCouldStopAppendsConfirmsTheTime) {
  EXPECT_FALSE(Confirmed());
  Witness(0, 0);
  EXPECT_FALSE(Confirmed());
  Witness(1, 3'000);
  EXPECT_TRUE(Confirmed());
  Witness(1, 300'000);
  EXPECT_FALSE(Confirmed());
}

TEST_F(OutsideClocksTest, ANewestEntryAheadHoldsAppendsBackUntilItsTimeHasCome) {
  Witness(0, 0);
  Witness(1, 0);
  const uint64_t newest_ms = clock_.wall_ms + 10 * kMinute;
  const absl::Status checked = clocks_.Check(newest_ms).status();
  EXPECT_EQ(checked.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(checked.message(), "the newest entry's time")) << checked;
  clock_.Advance(9 * kMinute + 1'000);
  EXPECT_TRUE(clocks_.Check(newest_ms).ok());
}

TEST_F(OutsideClocksTest, OneAuthorityWarnsAndTwoOperatorsStop) {
  Authority("tsa", "Example CA", -3'600'000);
  EXPECT_TRUE(Check().ok());
  EXPECT_NE(OutsideClocks::Describe(clocks_.Skews()).find("anchor:tsa"), std::string::npos);
  Authority("tsb", "EXAMPLE CA", -3'600'000);
  EXPECT_TRUE(Check().ok()) << "one operator is one";
  Authority("other", "Other CA", -3'600'000);
  ExpectRefusal("ahead of what other, tsa, tsb say");
  Authority("third", "Third CA", 0);
  Authority("fourth", "Fourth CA", 0);
  EXPECT_TRUE(Check().ok()) << "half of them are not more than half";
}

TEST_F(OutsideClocksTest, ARequestThatTookLongSaysLess) {
  const uint64_t asked_ms = clock_.steady_ms;
  const uint64_t at_s = clock_.wall_ms / 1000;
  clock_.Advance(2 * kMinute);
  // Cosigned at any moment of those two minutes.
  clocks_.HearWitness(0, at_s, asked_ms);
  clocks_.HearWitness(1, at_s, asked_ms);
  EXPECT_TRUE(Check().ok());
  EXPECT_EQ(OutsideClocks::Describe(clocks_.Skews()), "");
}

TEST_F(OutsideClocksTest, WhatWasHeardADayAgoCountsForNothing) {
  Witness(0, -3'600'000);
  Witness(1, -3'600'000);
  clock_.Advance(24 * 60 * kMinute - 1);
  ExpectRefusal("ahead");
  clock_.Advance(1);
  EXPECT_TRUE(Check().ok());
  EXPECT_TRUE(clocks_.Skews().empty());
}

TEST_F(OutsideClocksTest, TimesBeyondAllSenseOverflowNothing) {
  clocks_.HearWitness(0, UINT64_MAX, clock_.steady_ms);
  clocks_.HearWitness(1, UINT64_MAX, clock_.steady_ms);
  ExpectRefusal("behind");
  clocks_.HearWitness(0, 1, clock_.steady_ms);
  clocks_.HearWitness(1, 1, clock_.steady_ms);
  ExpectRefusal("ahead");
}

TEST(OutsideClocks, WitnessesOfAPolicyThatNeedsNobodyStopNothing) {
  ManualClock clock;
  OutsideClocks clocks(clock, TwoOfThree("none"));
  for (size_t i = 0; i < 3; ++i) clocks.HearWitness(i, 1, clock.steady_ms);
  EXPECT_TRUE(clocks.Check(clock.wall_ms).ok());
  EXPECT_FALSE(*clocks.Check(clock.wall_ms));
  EXPECT_NE(OutsideClocks::Describe(clocks.Skews()), "");
}

}  // namespace
}  // namespace cairn::server
