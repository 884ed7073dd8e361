#include "anchor/anchorer.h"

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/public_text.h"
#include "anchor/state_history.h"
#include "anchor/testing/anchored_log.h"
#include "anchor/waits.h"
#include "gtest/gtest.h"

namespace cairn::anchor {
namespace {

constexpr uint64_t kHour = 3'600'000, kDay = 24 * kHour;

using enum ReceiptState;

std::vector<ReceiptState> Life(AnchoredLog& log, uint64_t round, const std::string& anchor) {
  std::vector<ReceiptState> states;
  for (const Event& event : log.Events()) {
    const bool moved = event.kind == EventKind::kReceiptMoved;
    if (moved && event.number == round && event.anchor == anchor) states.push_back(*event.to);
  }
  return states;
}

std::optional<Gap> GapOf(AnchoredLog& log, GapReason reason) {
  for (const Gap& gap : log.Gaps()) {
    if (gap.reason == reason) return gap;
  }
  return std::nullopt;
}

FakeSystem::Behaviour Failing(const absl::Status& error) {
  return [error](const Hash&, const FakeSystem::Job&) { return FakeSystem::Answer(error); };
}

FakeSystem::Behaviour Answering(const Progress& progress) {
  return [progress](const Hash&, const FakeSystem::Job&) { return FakeSystem::Answer(progress); };
}

TEST(Anchorer, TakesAnEntryFromPendingToVerified) {
  AnchoredLog log({"tsa", "btc"});
  log.systems[1]->OnSubmit(Answering({.state = kSubmitted}));
  log.systems[1]->OnPoll(Answering({.state = kAccepted, .receipt = "in a block"}));
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  EXPECT_EQ(log.StateOf(3).state, ProofState::kPending);
  ASSERT_TRUE(log.RunDue().ok());
  EXPECT_EQ(log.StateOf(3), (EntryState{ProofState::kAnchored, 1, {{1, "tsa"}}, false}));
  ASSERT_TRUE(log.RunFor(60'000).ok());
  EXPECT_EQ(log.StateOf(3).state, ProofState::kAnchored);
  log.systems[1]->OnPoll(
      Answering({.state = kFinal, .confirmations = 6, .receipt = "six deep", .existed_by_s = 9}));
  ASSERT_TRUE(log.RunFor(kHour).ok());
  EXPECT_EQ(log.StateOf(3),
            (EntryState{ProofState::kVerified, 1, {{1, "tsa"}, {1, "btc"}}, false}));
  EXPECT_EQ(Life(log, 1, "btc"),
            (std::vector<ReceiptState>{kPrepared, kSubmitted, kAccepted, kConfirmed, kFinal}));
  EXPECT_EQ(log.store.ReadBytes(1, "btc")->native, "six deep");
  EXPECT_EQ(log.store.ReadReceipt(1, "btc")->existed_by_s, 9u);
  EXPECT_EQ(log.systems[1]->sent(), 1);
  EXPECT_EQ(log.anchorer->Link("btc", "x"), "https://example.com/x");
}

TEST(Anchorer, MakesARoundAnIntervalAndNoneWithoutGrowth) {
  AnchoredLog log({"tsa"});
  ASSERT_TRUE(log.Reopen().ok());
  ASSERT_TRUE(log.RunFor(2 * kHour).ok());
  EXPECT_FALSE(log.anchorer->book().newest_round().has_value());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunFor(5 * kHour).ok());
  EXPECT_EQ(log.anchorer->book().newest_round()->number, 1u);
  log.GrowAndPublish(5);
  ASSERT_TRUE(log.RunFor(5 * kHour).ok());
  ASSERT_EQ(log.anchorer->book().newest_round()->number, 2u);
  EXPECT_EQ(log.store.ReadRound(2)->consistency, log.tree.Consistency(10, 15));
  EXPECT_TRUE(log.Gaps().empty());
  // Starts do not make rounds.
  log.GrowAndPublish(5);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(log.RunFor(kHour / 2).ok());
    ASSERT_TRUE(log.Reopen().ok());
  }
  EXPECT_EQ(log.anchorer->book().newest_round()->number, 3u);
}

TEST(Anchorer, LogsEachAcceptedReceiptOnceAndDoesNotAnchorThoseEntriesForEver) {
  AnchoredLog log({"tsa", "btc"});
  log.logs_receipts = true;
  bool refuses = true;
  log.before_log = [&] { return refuses ? absl::UnavailableError("full") : absl::OkStatus(); };
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunFor(60'000).ok());
  EXPECT_EQ(log.StateOf(3).state, ProofState::kVerified);
  EXPECT_TRUE(log.logged.empty());
  refuses = false;
  ASSERT_TRUE(log.RunFor(kHour).ok());
  ASSERT_EQ(log.logged.size(), 2u);
  EXPECT_EQ(log.logged[0].size, TreeSize(10));
  EXPECT_EQ(log.logged[0].kind, "fake");
  EXPECT_EQ(log.logged[0].receipt_hash, merkle::Sha256(log.store.ReadBytes(1, "tsa")->native));
  log.Publish();
  ASSERT_TRUE(log.RunFor(3 * kHour).ok());
  ASSERT_TRUE(log.Reopen().ok());
  ASSERT_TRUE(log.RunFor(3 * kHour).ok());
  EXPECT_EQ(log.anchorer->book().newest_round()->number, 1u);
  EXPECT_EQ(log.logged.size(), 2u);
  EXPECT_TRUE(log.Gaps().empty());
  // With one entry more, the next round covers those of the first.
  log.GrowAndPublish(1);
  ASSERT_TRUE(log.RunFor(2 * kHour).ok());
  EXPECT_EQ(log.anchorer->book().newest_round()->size, TreeSize(13));
  EXPECT_EQ(log.logged.size(), 4u);
}

TEST(Anchorer, RecordsThatNothingWasPublished) {
  AnchoredLog log({"tsa"});
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunDue().ok());
  const uint64_t frozen = log.anchorer->book().newest_round()->frozen_at_ms;
  log.Grow(5);
  ASSERT_TRUE(log.RunFor(3 * kHour).ok());
  ASSERT_EQ(log.Gaps().size(), 1u);
  EXPECT_EQ(log.Gaps()[0].reason, GapReason::kNothingPublished);
  EXPECT_EQ(log.Gaps()[0].since_ms, frozen);
  EXPECT_FALSE(log.Gaps()[0].until_ms.has_value());
  log.publish = [] { return absl::StatusOr<Published>(absl::UnavailableError("no quorum")); };
  ASSERT_TRUE(log.RunFor(3 * kHour).ok());
  EXPECT_EQ(log.Gaps().size(), 1u);
  log.publish = [&log] { return log.NewestPublished(); };
  log.Publish();
  ASSERT_TRUE(log.RunFor(kHour).ok());
  EXPECT_TRUE(log.Gaps()[0].until_ms.has_value());
  EXPECT_EQ(log.anchorer->book().newest_round()->number, 2u);
}

TEST(Anchorer, FreezesNothingOnTopOfASecondHistory) {
  AnchoredLog log({"tsa"});
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunDue().ok());
  log.Grow(10);
  log.publish = [&log] {
    Published other = log.NewestPublished();
    other.size = TreeSize(20);
    other.root = merkle::Sha256("another");
    return absl::StatusOr<Published>(other);
  };
  ASSERT_TRUE(log.RunFor(2 * kHour).ok());
  EXPECT_EQ(log.anchorer->health().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(log.anchorer->book().newest_round()->number, 1u);
  EXPECT_TRUE(GapOf(log, GapReason::kNoProof).has_value());
}

TEST(Anchorer, LeavesABackendThatIsDownForADayInPeaceAndSaysSo) {
  AnchoredLog log({"tsa", "btc"});
  log.systems[0]->OnSubmit(Failing(absl::UnavailableError("down")));
  ASSERT_TRUE(log.Reopen().ok());
  const uint64_t begun = log.clock.WallMs();
  for (int hour = 0; hour < 24; ++hour) {
    log.GrowAndPublish(10);
    ASSERT_TRUE(log.RunFor(kHour, 60'000).ok());
  }
  // Pauses are at most 15 minutes and at least half of that, once they have grown.
  EXPECT_GT(log.systems[0]->sent(), 24 * 4 - 10);
  EXPECT_LT(log.systems[0]->sent(), 24 * 8 + 20);
  const auto gap = GapOf(log, GapReason::kBackendDown);
  ASSERT_TRUE(gap.has_value());
  EXPECT_EQ(gap->anchor, "tsa");
  EXPECT_EQ(gap->since_ms, begun);
  EXPECT_FALSE(gap->until_ms.has_value());
  EXPECT_TRUE(GapOf(log, GapReason::kTooManyOpen).has_value());
  EXPECT_EQ(log.anchorer->GetStatus()[0].waiting, 8u);
  EXPECT_EQ(log.anchorer->GetStatus()[0].last_error, PublicText(absl::UnavailableError("down")));
  EXPECT_EQ(log.StateOf(0).state, ProofState::kAnchored);
  const uint64_t newest = log.anchorer->book().newest_round()->number;
  EXPECT_GE(newest, 23u);
  EXPECT_EQ(log.store.ReadReceipt(newest, "btc")->state, kFinal);

  log.systems[0]->OnSubmit(FakeSystem::FinalAtOnce);
  ASSERT_TRUE(log.RunFor(2 * kHour, 60'000).ok());
  EXPECT_EQ(log.StateOf(0).state, ProofState::kVerified);
  EXPECT_EQ(log.StateOf(log.anchorer->book().newest_round()->size.value() - 1).state,
            ProofState::kVerified);
  EXPECT_TRUE(GapOf(log, GapReason::kBackendDown)->until_ms.has_value());
  EXPECT_TRUE(GapOf(log, GapReason::kTooManyOpen)->until_ms.has_value());
  EXPECT_EQ(log.store.ReadReceipt(1, "tsa")->extra_requests, 0u);
}

TEST(Anchorer, KeepsNothingOfAnAnswerThatIsRefusedAndSendsTheSameBytesAgain) {
  for (const absl::Status& error :
       {absl::InvalidArgumentError("wrong digest"), absl::PermissionDeniedError("wrong signer"),
        absl::DeadlineExceededError("late"), absl::ResourceExhaustedError("too many"),
        absl::InternalError("odd")}) {
    AnchoredLog log({"tsa"});
    log.systems[0]->OnSubmit(Failing(error));
    ASSERT_TRUE(log.Reopen().ok());
    log.GrowAndPublish(10);
    ASSERT_TRUE(log.RunFor(kHour / 2).ok());
    const ReceiptHead head = *log.store.ReadReceipt(1, "tsa");
    EXPECT_EQ(head.state, kSubmitted) << error;
    EXPECT_EQ(head.last_error, PublicText(error));
    EXPECT_EQ(log.store.ReadBytes(1, "tsa")->native, "");
    EXPECT_EQ(log.systems[0]->jobs().size(), 1u);
    EXPECT_GT(log.systems[0]->sent(), 3);
    EXPECT_EQ(static_cast<int>(head.attempts), log.systems[0]->sent());
    EXPECT_EQ(log.StateOf(0).state, ProofState::kPending);
  }
}

TEST(Anchorer, TakesNoAcceptanceWithoutAReceipt) {
  AnchoredLog log({"tsa"});
  log.systems[0]->OnSubmit(Answering({.state = kFinal}));
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunFor(60'000).ok());
  EXPECT_EQ(log.store.ReadReceipt(1, "tsa")->state, kSubmitted);
  EXPECT_EQ(log.StateOf(0).state, ProofState::kPending);
}

TEST(Anchorer, PreparesAnotherRequestForASystemThatForgot) {
  AnchoredLog log({"btc"});
  log.systems[0]->OnSubmit(Answering({.state = kSubmitted, .receipt = "a promise"}));
  log.systems[0]->OnPoll(Failing(absl::NotFoundError("never heard of it")));
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunFor(20'000).ok());
  log.systems[0]->OnPoll(FakeSystem::FinalAtOnce);
  ASSERT_TRUE(log.RunFor(60'000).ok());
  EXPECT_EQ(Life(log, 1, "btc"),
            (std::vector<ReceiptState>{kPrepared, kSubmitted, kFailed, kSubmitted, kAccepted,
                                       kConfirmed, kFinal}));
  EXPECT_EQ(log.systems[0]->jobs().size(), 2u);
  EXPECT_TRUE(log.systems[0]->violations().empty());
}

TEST(Anchorer, DoesNotAskAgainWhereItIsRefusedForGood) {
  AnchoredLog log({"tsa"});
  log.systems[0]->OnSubmit(Failing(absl::FailedPreconditionError("not for you")));
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunFor(2 * kHour).ok());
  EXPECT_EQ(log.systems[0]->sent(), 1);
  EXPECT_TRUE(log.store.ReadReceipt(1, "tsa")->closed);
  // The next round tries its luck.
  log.systems[0]->OnSubmit(FakeSystem::FinalAtOnce);
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunFor(2 * kHour).ok());
  EXPECT_EQ(log.StateOf(0), (EntryState{ProofState::kVerified, 1, {{2, "tsa"}}, false}));
}

TEST(Anchorer, GivesUpWhatIsNeverAccepted) {
  AnchoredLog log({"btc"});
  log.systems[0]->OnSubmit(Answering({.state = kSubmitted}));
  log.systems[0]->OnPoll(Answering({.state = kSubmitted}));
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunFor(7 * kDay + 2 * kHour, 600'000).ok());
  EXPECT_TRUE(log.store.ReadReceipt(1, "btc")->closed);
  EXPECT_EQ(Life(log, 1, "btc"), (std::vector<ReceiptState>{kPrepared, kSubmitted, kFailed}));
  // Asked ever more seldom: in the end once an hour.
  const int polls = log.systems[0]->jobs().begin()->second.polls;
  EXPECT_GT(polls, 7 * 24 - 5);
  EXPECT_LT(polls, 7 * 24 + 20);
}

TEST(Anchorer, StopsAtTheDaysBudgetAndGoesOnTheNextDay) {
  AnchoredLog log({"tsa"});
  log.anchors[0].max_requests_a_day = 3;
  log.options.interval_ms = 60'000;
  log.clock.SetWall(20'000 * kDay);
  ASSERT_TRUE(log.Reopen().ok());
  for (int i = 0; i < 10; ++i) {
    log.GrowAndPublish(1);
    ASSERT_TRUE(log.RunFor(60'000).ok());
    if (i == 5) {
      ASSERT_TRUE(log.Reopen().ok());
    }
  }
  EXPECT_EQ(log.systems[0]->sent(), 3);
  EXPECT_EQ(log.anchorer->GetStatus()[0].requests_today, 3u);
  ASSERT_TRUE(GapOf(log, GapReason::kBudgetSpent).has_value());
  EXPECT_FALSE(GapOf(log, GapReason::kBudgetSpent)->until_ms.has_value());
  EXPECT_EQ(log.StateOf(9).state, ProofState::kPending);
  ASSERT_TRUE(log.RunFor(kDay, 60'000).ok());
  EXPECT_EQ(log.systems[0]->sent(), 6);
  EXPECT_TRUE(GapOf(log, GapReason::kBudgetSpent)->until_ms.has_value());
  // The newest went first: it covers all.
  EXPECT_EQ(log.StateOf(9).state, ProofState::kVerified);
}

TEST(Anchorer, AClockThatIsSetGivesNoSecondBudget) {
  AnchoredLog log({"tsa"});
  log.anchors[0].max_requests_a_day = 3;
  log.options.interval_ms = 60'000;
  const uint64_t noon = 20'000 * kDay + kDay / 2;
  log.clock.SetWall(noon);
  ASSERT_TRUE(log.Reopen().ok());
  const auto run = [&log](int rounds) {
    for (int i = 0; i < rounds; ++i) {
      log.GrowAndPublish(1);
      ASSERT_TRUE(log.RunFor(60'000).ok());
    }
  };
  run(6);
  EXPECT_EQ(log.systems[0]->sent(), 3);
  // Yesterday again, over a restart too.
  log.clock.SetWall(noon - kDay);
  ASSERT_TRUE(log.RunFor(2 * kHour, 60'000).ok());
  EXPECT_EQ(log.systems[0]->sent(), 3);
  EXPECT_EQ(log.anchorer->GetStatus()[0].requests_today, 3u);
  ASSERT_TRUE(log.Reopen().ok());
  run(3);
  EXPECT_EQ(log.systems[0]->sent(), 3);
  log.clock.SetWall(noon + 4 * kHour);
  ASSERT_TRUE(log.RunFor(2 * kHour, 60'000).ok());
  EXPECT_EQ(log.systems[0]->sent(), 3);
}

TEST(Anchorer, AClockThatWasAYearAheadHoldsItForADayAtTheMost) {
  AnchoredLog log({"tsa"});
  log.anchors[0].max_requests_a_day = 3;
  log.options.interval_ms = 60'000;
  const uint64_t noon = 20'000 * kDay + kDay / 2;
  log.clock.SetWall(noon + 365 * kDay);
  ASSERT_TRUE(log.Reopen().ok());
  for (int i = 0; i < 6; ++i) {
    log.GrowAndPublish(1);
    ASSERT_TRUE(log.RunFor(60'000).ok());
  }
  EXPECT_EQ(log.systems[0]->sent(), 3);
  log.clock.SetWall(noon);
  ASSERT_TRUE(log.Reopen().ok());
  ASSERT_TRUE(log.RunFor(kDay - kHour, 600'000).ok());
  EXPECT_EQ(log.systems[0]->sent(), 3);
  ASSERT_TRUE(log.RunFor(3 * kHour, 600'000).ok());
  EXPECT_EQ(log.systems[0]->sent(), 6);
  EXPECT_EQ(log.store.ReadSpent()->front().day, 20'001u);
}

TEST(Anchorer, TellsTheOperatorWhatStrangersAreNotTold) {
  AnchoredLog log({"tsa"});
  std::vector<std::pair<std::string, absl::Status>> heard;
  log.heard = [&heard](const std::string& anchor, const absl::Status& how) {
    heard.emplace_back(anchor, how);
  };
  log.systems[0]->OnSubmit(
      Failing(absl::UnavailableError("https://user:s3cr3t@tsa.internal/: no route to 10.0.0.7")));
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunFor(kHour).ok());
  ASSERT_FALSE(heard.empty());
  EXPECT_EQ(heard.front().first, "tsa");
  EXPECT_NE(heard.front().second.message().find("10.0.0.7"), std::string::npos);
  std::string shown = log.store.ReadReceipt(1, "tsa")->last_error;
  for (const Event& event : log.Events()) shown += event.detail;
  for (const Gap& gap : log.Gaps()) shown += gap.detail;
  for (const char* secret : {"://", "s3cr3t", "tsa.internal", "10.0.0.7"}) {
    EXPECT_EQ(shown.find(secret), std::string::npos) << shown;
  }
  log.systems[0]->OnSubmit(FakeSystem::FinalAtOnce);
  ASSERT_TRUE(log.RunFor(kHour).ok());
  EXPECT_TRUE(heard.back().second.ok());
}

TEST(Anchorer, SeesThatWhatWasFinalIsGone) {
  AnchoredLog log({"btc"});
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunDue().ok());
  ASSERT_EQ(log.StateOf(0).state, ProofState::kVerified);
  // Errors take nothing back.
  for (const absl::Status& error :
       {absl::NotFoundError("what?"), absl::FailedPreconditionError("no"),
        absl::UnavailableError("down"), absl::InvalidArgumentError("garbage")}) {
    log.systems[0]->OnPoll(Failing(error));
    ASSERT_TRUE(log.RunFor(2 * kHour, 60'000).ok());
    EXPECT_EQ(log.StateOf(0).state, ProofState::kVerified) << error;
  }
  log.systems[0]->OnPoll(Answering({.state = kReorganised}));
  log.systems[0]->OnSubmit(Failing(absl::UnavailableError("down")));
  ASSERT_TRUE(log.RunFor(2 * kHour, 60'000).ok());
  EXPECT_EQ(log.StateOf(0), (EntryState{ProofState::kPending, 1, {}, true}));
  EXPECT_TRUE(log.store.ReadReceipt(1, "btc")->was_final);
  ASSERT_TRUE(log.Reopen().ok());
  EXPECT_TRUE(log.StateOf(0).was_final);
  log.systems[0]->OnSubmit(FakeSystem::FinalAtOnce);
  log.systems[0]->OnPoll(FakeSystem::FinalAtOnce);
  ASSERT_TRUE(log.RunFor(kHour).ok());
  EXPECT_EQ(log.StateOf(0).state, ProofState::kVerified);
  EXPECT_EQ(log.systems[0]->jobs().size(), 1u);
  EXPECT_TRUE(log.store.ReadReceipt(1, "btc")->was_final);
}

TEST(Anchorer, PutsANewRuleInForceFromTheNextRound) {
  AnchoredLog log({"tsa", "btc"});
  log.systems[1]->OnSubmit(Answering({.state = kAccepted, .receipt = "r"}));
  log.systems[1]->OnPoll(Answering({.state = kAccepted, .receipt = "r"}));
  log.options.rule.form = RuleForm::kAny;
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunDue().ok());
  ASSERT_TRUE(log.Reopen().ok());
  EXPECT_EQ(log.store.ReadRules()->size(), 1u);
  log.options.rule.form = RuleForm::kAll;
  ASSERT_TRUE(log.Reopen().ok());
  EXPECT_EQ(log.anchorer->book().rule()->version, 2u);
  EXPECT_EQ(log.anchorer->book().rule()->from_round, 2u);
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunFor(2 * kHour).ok());
  EXPECT_EQ(log.StateOf(5), (EntryState{ProofState::kVerified, 1, {{1, "tsa"}}, false}));
  EXPECT_EQ(log.StateOf(15), (EntryState{ProofState::kAnchored, 2, {{2, "tsa"}}, false}));
}

TEST(Anchorer, FollowsWhatARetiredAnchorWasHandedAndHandsItNoMore) {
  AnchoredLog log({"tsa", "btc"});
  log.systems[1]->OnSubmit(Answering({.state = kSubmitted}));
  log.systems[1]->OnPoll(Answering({.state = kSubmitted}));
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunDue().ok());
  EXPECT_TRUE(log.anchorer->book().AnchorsLeftBehind().empty());
  log.anchors[1].retired = true;
  log.options.rule.anchors.pop_back();
  ASSERT_TRUE(log.Reopen().ok());
  log.systems[1]->OnPoll(Answering({.state = kFinal, .receipt = "six deep"}));
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunFor(2 * kHour).ok());
  EXPECT_EQ(log.store.ReadReceipt(1, "btc")->state, kFinal);
  EXPECT_EQ(log.systems[1]->sent(), 1);
  EXPECT_TRUE(absl::IsNotFound(log.store.ReadReceipt(2, "btc").status()));
  EXPECT_EQ(log.StateOf(15), (EntryState{ProofState::kVerified, 2, {{2, "tsa"}}, false}));
  log.systems[1]->OnPoll(Answering({.state = kReorganised}));
  ASSERT_TRUE(log.RunFor(2 * kHour).ok());
  EXPECT_NE(log.store.ReadReceipt(1, "btc")->state, kFinal);
  EXPECT_TRUE(log.store.ReadReceipt(1, "btc")->was_final);
  log.anchors.pop_back();
  log.systems.pop_back();
  ASSERT_TRUE(log.Reopen().ok());
  EXPECT_EQ(log.anchorer->book().AnchorsLeftBehind(), std::vector<std::string>{"btc"});
}

TEST(Anchorer, RefusesAnchorsAndRulesThatAreNotSound) {
  const auto refused = [](const std::function<void(AnchoredLog&)>& spoil) {
    AnchoredLog log({"tsa"});
    spoil(log);
    return log.Reopen().code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](AnchoredLog& log) { log.anchors[0].name = "t s a"; }));
  EXPECT_TRUE(refused([](AnchoredLog& log) { log.anchors[0].name = "other"; }));
  EXPECT_TRUE(refused([](AnchoredLog& log) { log.options.rule.log_operator = "someone else"; }));
  EXPECT_TRUE(refused([](AnchoredLog& log) {
    log.anchors.push_back(log.anchors[0]);
    log.systems.push_back(std::make_unique<FakeSystem>("tsa", log.store));
  }));
}

// Wall-clock time is bounded by the test's own time-out alone.
template <typename Condition>
void Await(const Condition& condition) {
  while (!condition()) std::this_thread::yield();
}

TEST(Anchorer, IsDelayedByNoBackendThatHangs) {
  AnchoredLog log({"slow", "quick"});
  std::atomic<bool> entered{false};
  std::promise<void> let_go;
  log.systems[0]->OnSubmit(
      [&, gate = let_go.get_future().share()](const Hash& digest, const FakeSystem::Job& job) {
        entered = true;
        gate.wait();
        return FakeSystem::FinalAtOnce(digest, job);
      });
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  log.anchorer->Start();
  Await([&] { return entered.load(); });
  for (uint64_t round = 1; round <= 3; ++round) {
    Await([&] {
      const auto head = log.store.ReadReceipt(round, "quick");
      return head.ok() && head->state == kFinal;
    });
    log.GrowAndPublish(10);
    log.clock.Advance(kHour);
  }
  EXPECT_EQ(log.store.ReadReceipt(1, "slow")->state, kSubmitted);
  EXPECT_EQ(log.StateOf(0).state, ProofState::kAnchored);
  let_go.set_value();
  log.anchorer->Stop();
  log.anchorer->Stop();
  EXPECT_EQ(log.store.ReadReceipt(1, "slow")->state, kFinal);
}

TEST(Anchorer, TellsItsListenersAndGivesTheHistoryFromAnyPlace) {
  AnchoredLog log({"tsa"});
  ASSERT_TRUE(log.Reopen().ok());
  std::atomic<uint64_t> heard{0};
  auto handle = log.anchorer->book().Listen([&heard](uint64_t sequence) { heard = sequence; });
  log.GrowAndPublish(10);
  log.anchorer->Start();
  Await([&] { return log.StateOf(0).state == ProofState::kVerified; });
  log.anchorer->Stop();
  EXPECT_EQ(heard, log.anchorer->book().last_sequence());
  const std::vector<Event> all = log.Events();
  EXPECT_EQ(all.size(), heard);
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].sequence, i + 1);
  EXPECT_EQ(all.front().kind, EventKind::kRuleChanged);
  const std::vector<Event> rest = *log.store.ReadEvents(4, 2);
  EXPECT_EQ(rest, (std::vector<Event>{all[3], all[4]}));
  handle.reset();
  const uint64_t before = heard;
  ASSERT_TRUE(log.Reopen().ok());
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunFor(2 * kHour).ok());
  EXPECT_EQ(heard, before);
  EXPECT_GT(log.anchorer->book().last_sequence(), before);
}

TEST(StateHistory, SaysThatTheStoreHasFailedAndThatAPlaceIsBeyondIt) {
  AnchoredLog log({"tsa"});
  ASSERT_TRUE(log.Reopen().ok());
  Book& book = log.anchorer->book();
  auto history = StateHistory::Open(book, {LeafIndex(0)}, std::nullopt);
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(history->Read(10)->changes.at(0).state.state, ProofState::kPending);
  EXPECT_EQ(StateHistory::Open(book, {LeafIndex(0)}, book.last_sequence() + 1).status().code(),
            absl::StatusCode::kOutOfRange);
  int told = 0;
  const auto handle = book.Listen([&](uint64_t) { ++told; });
  log.store.DieAt(0, MemoryStore::Death::kAfter);
  log.GrowAndPublish(1);
  EXPECT_FALSE(log.RunDue().ok());
  EXPECT_EQ(told, 1);
  // Though the disk has it: nobody knows whether it will have it at the next start.
  EXPECT_EQ(history->Read(10).status().code(), absl::StatusCode::kInternal);
}

// The last state that one is told who begins to watch now.
EntryState LastTold(AnchoredLog& log, LeafIndex index) {
  auto history = StateHistory::Open(log.anchorer->book(), {index}, std::nullopt);
  EXPECT_TRUE(history.ok()) << history.status();
  EntryState last;
  for (bool more = true; more;) {
    const auto page = history->Read(7);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page->changes.empty()) last = page->changes.back().state;
    more = !page->at_end;
  }
  return last;
}

TEST(StateHistory, TellsOfLossesInRoundsThatDecideNothing) {
  AnchoredLog log({"tsa", "own"});
  log.options.rule.anchors[1].operated_by = log.options.rule.log_operator;
  ASSERT_TRUE(log.Reopen().ok());
  for (int round = 1; round <= 2; ++round) {
    log.GrowAndPublish(10);
    ASSERT_TRUE(log.RunFor(kHour).ok());
  }
  const Hash second = log.anchorer->book().newest_round()->digest;
  for (const auto& system : {log.systems[1].get(), log.systems[0].get()}) {
    EXPECT_FALSE(log.StateOf(0).was_final) << "of what counts";
    system->OnSubmit(Failing(absl::UnavailableError("down")));
    system->OnPoll([second](const Hash& digest, const FakeSystem::Job& job) {
      if (digest != second) return FakeSystem::FinalAtOnce(digest, job);
      return FakeSystem::Answer(Progress{.state = kReorganised});
    });
    ASSERT_TRUE(log.RunFor(3 * kHour, 60'000).ok());
    EXPECT_EQ(log.store.ReadReceipt(2, system == log.systems[0].get() ? "tsa" : "own")->was_final,
              true);
    EXPECT_EQ(LastTold(log, LeafIndex(0)), log.StateOf(0));
  }
  EXPECT_TRUE(log.StateOf(0).was_final);
  EXPECT_EQ(log.StateOf(0).state, ProofState::kVerified);
}

TEST(Waits, ReleaseWhatIsReachedInTheOrderOfIndexes) {
  AnchoredLog log({"tsa", "btc"});
  log.systems[1]->OnSubmit(Answering({.state = kSubmitted}));
  log.systems[1]->OnPoll(Answering({.state = kSubmitted}));
  ASSERT_TRUE(log.Reopen().ok());
  Waits waits(log.anchorer->book());
  std::vector<std::string> done;
  const auto wait = [&](uint64_t index, ProofState state) {
    const auto begun =
        waits.Begin(LeafIndex(index), state, [&done, index](const absl::Status& why) {
          done.push_back(absl::StrCat(index, " ", absl::StatusCodeToString(why.code())));
        });
    EXPECT_TRUE(begun.ok()) << begun.status();
    return *begun;
  };
  wait(7, ProofState::kAnchored);
  wait(3, ProofState::kAnchored);
  wait(10, ProofState::kAnchored);
  waits.Forget(wait(4, ProofState::kAnchored));
  wait(2, ProofState::kVerified);
  log.GrowAndPublish(10);
  ASSERT_TRUE(log.RunDue().ok());
  EXPECT_EQ(done, (std::vector<std::string>{"3 OK", "7 OK"}));
  EXPECT_EQ(wait(9, ProofState::kAnchored).id, 0u) << "answered at once";
  log.systems[1]->OnPoll(FakeSystem::FinalAtOnce);
  ASSERT_TRUE(log.RunFor(kHour / 2).ok());
  EXPECT_EQ(done, (std::vector<std::string>{"3 OK", "7 OK", "9 OK", "2 OK"}));
  waits.GiveUp(absl::DataLossError("halted"));
  EXPECT_EQ(done.back(), "10 DATA_LOSS");
  EXPECT_EQ(waits.Begin(LeafIndex(11), ProofState::kAnchored, nullptr).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(wait(5, ProofState::kVerified).id, 0u);
}

TEST(Waits, AreBounded) {
  AnchoredLog log({"tsa"});
  ASSERT_TRUE(log.Reopen().ok());
  Waits waits(log.anchorer->book());
  size_t answered = 0;
  const auto begin = [&](uint64_t i) {
    return waits.Begin(LeafIndex(i), i % 2 == 0 ? ProofState::kAnchored : ProofState::kVerified,
                       [&](const absl::Status&) { ++answered; });
  };
  for (uint64_t i = 0; i < Waits::kMaxWaiting; ++i) ASSERT_TRUE(begin(i).ok());
  const auto more = begin(5);
  EXPECT_EQ(more.status().code(), absl::StatusCode::kResourceExhausted);
  log.GrowAndPublish(3000);
  ASSERT_TRUE(log.RunDue().ok());
  EXPECT_EQ(answered, 3000u);
  EXPECT_TRUE(begin(Waits::kMaxWaiting).ok());
}

}  // namespace
}  // namespace cairn::anchor
