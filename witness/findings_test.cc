#include "witness/findings.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace cairn::witness {
namespace {

Finding Lasting(const std::string& text) {
  return {.kind = FindingKind::kEntry, .index = LeafIndex(3), .text = text};
}
Finding Passing(const std::string& text) {
  return {.kind = FindingKind::kReview, .index = LeafIndex(3), .text = text};
}

std::vector<uint64_t> Held(const Findings& findings) {
  std::vector<uint64_t> numbers;
  for (const Finding& finding : findings.kept()) {
    if (findings.Holds(finding)) numbers.push_back(finding.number);
  }
  return numbers;
}

// As the next run reads them.
Findings Next(const Findings& before) {
  Findings next;
  next.RestoreTold(before.told());
  for (const Finding& finding : before.kept()) EXPECT_TRUE(next.Restore(finding).ok());
  next.RestoreCounts(before.next_number(), before.unlisted_lasting());
  return next;
}

TEST(Findings, KeepTheirNumbersAndGiveNoneTwice) {
  Findings first;
  first.Add(Lasting("a"));
  first.Add(Passing("b"));
  first.Add(Passing("c"));
  first.Add(Lasting("a"));
  first.Settle();
  first.Tell();
  EXPECT_EQ(Held(first), (std::vector<uint64_t>{1, 2, 3}));
  Findings second = Next(first);
  second.Add(Passing("b"));
  EXPECT_EQ(Held(second), (std::vector<uint64_t>{1, 2}));
  second.Settle();
  second.Tell();
  Findings third = Next(second);
  third.Add(Passing("c"));
  EXPECT_EQ(Held(third), (std::vector<uint64_t>{1, 4}));
}

TEST(Findings, AreNewUntilARunHasToldThem) {
  Findings untold;
  untold.Add(Lasting("a"));
  Findings next = Next(untold);
  EXPECT_TRUE(next.kept()[0].is_new);
  next.Tell();
  EXPECT_FALSE(Next(next).kept()[0].is_new);
}

TEST(Findings, StayAcknowledgedAlsoWhileTheyDoNotHold) {
  Findings first;
  first.Add(Passing("a"));
  ASSERT_TRUE(first.Acknowledge(1, 1, {.at_ms = 5, .reason = "seen"}).ok());
  first.Settle();
  Findings second = Next(first);
  second.Settle();
  EXPECT_TRUE(Held(second).empty());
  Findings third = Next(second);
  third.Add(Passing("a"));
  ASSERT_EQ(Held(third), std::vector<uint64_t>{1});
  EXPECT_EQ(third.kept()[0].acknowledged, (Acknowledgement{5, "seen"}));
  // Of another text it is another.
  third.Add(Passing("b"));
  EXPECT_FALSE(third.kept()[1].acknowledged.has_value());
}

TEST(Findings, OfTwoSignedTreesCannotBeAcknowledgedNorAnyWithThem) {
  Findings findings;
  findings.Add(Lasting("a"));
  findings.Add({.kind = FindingKind::kSplitView, .text = "two"});
  EXPECT_TRUE(absl::IsFailedPrecondition(findings.Acknowledge(1, 2, {.reason = "no"})));
  EXPECT_FALSE(findings.kept()[0].acknowledged.has_value());
  EXPECT_TRUE(absl::IsNotFound(findings.Acknowledge(3, 9, {.reason = "no"})));
  EXPECT_TRUE(findings.Acknowledge(1, 1, {.reason = "yes"}).ok());
}

TEST(Findings, AreCountedWhereThereAreTooMany) {
  Findings findings;
  for (size_t i = 0; i < kMaxFindings + 3; ++i) findings.Add(Lasting(absl::StrCat(i)));
  findings.Add(Passing("one"));
  EXPECT_EQ(findings.kept().size(), kMaxFindings);
  EXPECT_EQ(findings.unlisted(), 4);
  EXPECT_EQ(findings.unlisted_new(), 4);
  EXPECT_EQ(Next(findings).unlisted(), 3);
  EXPECT_EQ(Next(findings).unlisted_new(), 0);
  // Those that somebody has looked at make room.
  Findings next = Next(findings);
  ASSERT_TRUE(next.Acknowledge(1, kMaxFindings, {.reason = "known"}).ok());
  next.Add(Lasting("more"));
  EXPECT_EQ(next.kept().size(), kMaxFindings + 1);
}

}  // namespace
}  // namespace cairn::witness
