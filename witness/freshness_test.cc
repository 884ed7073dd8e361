#include "witness/freshness.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "merkle/note/key.h"

namespace cairn::witness {
namespace {

constexpr uint64_t kNow = 1'700'000'000;

note::Policy PolicyOf(const std::string& quorum) {
  std::string text;
  for (const std::string name : {"a", "b", "c"}) {
    absl::StrAppend(
        &text, "witness ", name, " ",
        note::GenerateSignerKey(name, note::KeyType::kCosignature)->verifier_key().Format(), "\n");
  }
  return *note::Policy::Parse(absl::StrCat(text, "group two 2 a b c\nquorum ", quorum, "\n"));
}

TEST(Freshness, IsTheLatestTimeFromWhichOnAQuorumCosigned) {
  const note::Policy policy = PolicyOf("two");
  const Freshness fresh =
      FreshnessOf({kNow - 10, kNow - 500, kNow - 100}, policy, kNow * 1000, kNow);
  EXPECT_EQ(fresh.by, FreshBy::kQuorum);
  EXPECT_EQ(fresh.at_s, kNow - 100);
}

TEST(Freshness, TakesNoTimeOfZeroNorOneThatHasNotCome) {
  const note::Policy policy = PolicyOf("two");
  const uint64_t last_ms = (kNow - 9000) * 1000;
  EXPECT_EQ(FreshnessOf({kNow, 0, kNow + kClockSkewS + 1}, policy, last_ms, kNow).by,
            FreshBy::kNewestEntry);
  EXPECT_EQ(FreshnessOf({kNow, 0, kNow + kClockSkewS}, policy, last_ms, kNow).at_s, kNow);
}

TEST(Freshness, WithoutAQuorumToMeetIsAnyWitnesss) {
  const Freshness fresh =
      FreshnessOf({std::nullopt, kNow - 500, kNow - 100}, PolicyOf("none"), 1000, kNow);
  EXPECT_EQ(fresh.by, FreshBy::kCosignature);
  EXPECT_EQ(fresh.at_s, kNow - 100);
}

TEST(Freshness, IsElseTheLogsOwnWord) {
  const note::Policy policy = PolicyOf("two");
  const note::CosignedAt one = {kNow, std::nullopt, std::nullopt};
  EXPECT_EQ(FreshnessOf(one, policy, (kNow - 7) * 1000, kNow).at_s, kNow - 7);
  // An entry that is dated ahead of now shows nothing: the log could look fresh for ever.
  const Freshness ahead = FreshnessOf(one, policy, (kNow + 1000) * 1000, kNow);
  EXPECT_EQ(ahead.by, FreshBy::kNothing);
  EXPECT_TRUE(absl::StrContains(*TooOld(ahead, 60, kNow), "nothing shows how old"));
  EXPECT_EQ(FreshnessOf(one, policy, std::nullopt, kNow).by, FreshBy::kNothing);
}

TEST(TooOld, IsWhatIsOlderThanAsked) {
  const Freshness fresh{FreshBy::kNewestEntry, kNow - 3600};
  EXPECT_FALSE(TooOld(fresh, 3600, kNow).has_value());
  EXPECT_TRUE(
      absl::StrContains(*TooOld(fresh, 3599, kNow), "says the log, at 2023-11-14T21:13:20Z"));
  EXPECT_FALSE(TooOld({FreshBy::kQuorum, kNow + 30}, 1, kNow).has_value());
}

}  // namespace
}  // namespace cairn::witness
