#include "anchor/receipt.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace cairn::anchor {
namespace {

using enum ReceiptState;
using States = std::vector<ReceiptState>;

constexpr ReceiptState kAll[] = {kPrepared, kSubmitted, kAccepted,   kConfirmed,
                                 kFinal,    kFailed,    kReorganised};

TEST(Move, KnowsTheseArrowsAndNoOther) {
  const std::set<std::pair<ReceiptState, ReceiptState>> arrows = {
      {kPrepared, kSubmitted},    {kSubmitted, kAccepted},   {kAccepted, kConfirmed},
      {kConfirmed, kFinal},       {kPrepared, kFailed},      {kSubmitted, kFailed},
      {kAccepted, kFailed},       {kConfirmed, kFailed},     {kReorganised, kFailed},
      {kSubmitted, kReorganised}, {kAccepted, kReorganised}, {kConfirmed, kReorganised},
      {kFinal, kReorganised},     {kFailed, kSubmitted},     {kReorganised, kSubmitted}};
  for (const ReceiptState from : kAll) {
    for (const ReceiptState to : kAll) {
      const bool legal = arrows.contains({from, to});
      EXPECT_EQ(MayMove(from, to), legal) << StateName(from) << " -> " << StateName(to);
      ReceiptHead head{.state = from, .confirmations = 3, .existed_by_s = 17};
      const ReceiptHead before = head;
      const absl::Status moved = Move(to, head);
      if (!legal) {
        EXPECT_EQ(moved.code(), absl::StatusCode::kFailedPrecondition);
        EXPECT_EQ(head, before);
        continue;
      }
      EXPECT_TRUE(moved.ok()) << moved;
      EXPECT_EQ(head.state, to);
      EXPECT_EQ(head.was_final, from == kFinal);
      EXPECT_EQ(head.existed_by_s.has_value(), IsAccepted(to));
      EXPECT_EQ(head.confirmations, IsAccepted(to) ? 3u : 0u);
    }
  }
}

TEST(Move, NeverForgetsThatAReceiptWasFinal) {
  ReceiptHead head{.state = kFinal};
  for (const ReceiptState to : {kReorganised, kSubmitted, kAccepted, kConfirmed, kFinal}) {
    ASSERT_TRUE(Move(to, head).ok());
    EXPECT_TRUE(head.was_final);
  }
}

TEST(ArrowsTo, LeadsFromEveryStateToEveryAnswerAlongArrows) {
  for (const ReceiptState from : {kSubmitted, kAccepted, kConfirmed, kFinal, kReorganised}) {
    for (const ReceiptState to : kAll) {
      const auto arrows = ArrowsTo(from, {.state = to, .receipt = "r"});
      if (to == kPrepared || to == kFailed) {
        EXPECT_EQ(arrows.status().code(), absl::StatusCode::kInvalidArgument);
        continue;
      }
      ASSERT_TRUE(arrows.ok());
      ReceiptHead head{.state = from};
      for (const ReceiptState next : *arrows) EXPECT_TRUE(Move(next, head).ok());
      EXPECT_EQ(head.state, to) << StateName(from);
      EXPECT_LE(arrows->size(), 5u);
    }
  }
  EXPECT_EQ(*ArrowsTo(kSubmitted, {.state = kFinal, .receipt = "r"}),
            (States{kAccepted, kConfirmed, kFinal}));
  EXPECT_EQ(*ArrowsTo(kFinal, {.state = kAccepted, .receipt = "r"}),
            (States{kReorganised, kSubmitted, kAccepted}));
}

TEST(ArrowsTo, RefusesAnAcceptanceThatCannotBeStored) {
  for (const ReceiptState to : {kAccepted, kConfirmed, kFinal}) {
    EXPECT_EQ(ArrowsTo(kSubmitted, {.state = to}).status().code(),
              absl::StatusCode::kInvalidArgument);
    const std::string long_one(kMaxReceiptBytes + 1, 'r');
    EXPECT_EQ(ArrowsTo(kSubmitted, {.state = to, .receipt = long_one}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(AnchorName, HasTheAlphabetOfEntries) {
  EXPECT_TRUE(IsAnchorName("tsa-1:example.com_x"));
  EXPECT_TRUE(IsAnchorName(std::string(64, 'a')));
  for (const std::string& bad : {std::string(), std::string(65, 'a'), std::string("a b"),
                                 std::string("a/b"), std::string("\xc3\xa4")}) {
    EXPECT_FALSE(IsAnchorName(bad)) << bad;
  }
}

}  // namespace
}  // namespace cairn::anchor
