#include "ledger/log.h"

#include <chrono>
#include <future>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "ledger/testing/fixtures.h"
#include "ledger/testing/log_fixture.h"
#include "ledger/testing/memory_store.h"
#include "merkle/verify.h"

namespace cairn::ledger {
namespace {

class LogTest : public LogFixture {
 protected:
  // Appends two entries, of which one is being written and one waits for it, so that what comes now
  // stays in the queue until store_.ReleaseWrites(). For a log that is new. The second's ticket.
  Ticket HoldSequencer() {
    const auto expect_ok = [](const AppendResult& result) {
      EXPECT_TRUE(result.status.ok()) << result.status;
    };
    store_.HoldWrites();
    log_->Append(BatchOf(0, 1), expect_ok);
    store_.AwaitHeldWrite();
    const Ticket second = log_->Append(BatchOf(1, 1), expect_ok);
    store_.AwaitLookUps(2);
    return second;
  }
};

bool IsAnswered(const std::future<AppendResult>& future) {
  return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

// That the answer's entry is proved under the signed checkpoint that came with it.
void ExpectProved(Log& log, const AppendResult& result, size_t item) {
  const note::Checkpoint checkpoint = OpenCheckpoint(result.view->checkpoint);
  ASSERT_EQ(checkpoint.size, result.view->size());
  const LeafIndex index = result.items[item].index;
  const auto proven = log.Prove(*result.view, index, checkpoint.size);
  ASSERT_TRUE(proven.ok()) << proven.status();
  const absl::Status verified = merkle::VerifyInclusion(
      index, checkpoint.size, merkle::HashLeaf(proven->entry), proven->proof, checkpoint.root);
  EXPECT_TRUE(verified.ok()) << verified;
}

TEST_F(LogTest, ServesASignedEmptyTreeAtFirst) {
  Open();
  const note::Checkpoint checkpoint = OpenCheckpoint(log_->Newest()->checkpoint);
  EXPECT_EQ(checkpoint.size, TreeSize(0));
  EXPECT_EQ(checkpoint.root, merkle::EmptyRoot());
  EXPECT_TRUE(log_->healthy().ok());
}

TEST_F(LogTest, AnswersEachStatementWithAProofUnderItsCheckpoint) {
  Open();
  uint64_t next = 0;
  for (const size_t count : {1u, 255u, 1u, 3u, 700u, 1u}) {
    const AppendResult result = AppendAndWait(*log_, BatchOf(next, count));
    ASSERT_TRUE(result.status.ok()) << result.status;
    ASSERT_EQ(result.items.size(), count);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(result.items[i].index, LeafIndex(next + i));
      ExpectProved(*log_, result, i);
    }
    next += count;
  }
  EXPECT_EQ(log_->Newest()->size(), TreeSize(next));
}

TEST_F(LogTest, AnswersADuplicateWithAProofUnderTheNewestTree) {
  Open();
  AppendAndWait(*log_, BatchOf(0, 300));
  const uint64_t writes = store_.writes();
  const AppendResult result = AppendAndWait(*log_, BatchOf(7, 1));
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_TRUE(result.items[0].duplicate);
  EXPECT_EQ(result.items[0].index, LeafIndex(7));
  ExpectProved(*log_, result, 0);
  EXPECT_EQ(store_.writes(), writes);
}

TEST_F(LogTest, GivesTwoThreadsThatRaceOneStatementOneIndex) {
  Open();
  constexpr int kRounds = 200;
  std::vector<std::vector<ItemResult>> results(2, std::vector<ItemResult>(kRounds));
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        results[t][i] = AppendAndWait(*log_, Submit(MakeStatement(i))).items.front();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kRounds; ++i) {
    EXPECT_EQ(results[0][i].index, results[1][i].index);
    EXPECT_NE(results[0][i].duplicate, results[1][i].duplicate);
  }
  EXPECT_EQ(log_->Newest()->size(), TreeSize(kRounds));
}

TEST_F(LogTest, TakesTenThousandDuplicatesAcrossRestartsWithoutAnEntry) {
  constexpr uint64_t kStatements = 1000;
  options_.max_recent_rows = 300;  // So that some are in memory, others ingested.
  Open();
  AppendAndWait(*log_, BatchOf(0, kStatements));
  std::mt19937_64 random(20261121);
  for (int restart = 0; restart < 4; ++restart) {
    std::vector<std::pair<uint64_t, std::future<AppendResult>>> answers;
    for (int i = 0; i < 2500; ++i) {
      const uint64_t seed = random() % kStatements;
      answers.emplace_back(seed, AppendAsync(*log_, BatchOf(seed, 1)));
    }
    for (auto& [seed, answer] : answers) {
      const AppendResult result = answer.get();
      ASSERT_TRUE(result.status.ok()) << result.status;
      EXPECT_TRUE(result.items[0].duplicate);
      EXPECT_EQ(result.items[0].index, LeafIndex(seed));
    }
    Open();
  }
  EXPECT_EQ(log_->Newest()->size(), TreeSize(kStatements));
}

TEST_F(LogTest, GrowsBeyondWhatTheIndexHoldsInMemory) {
  options_.max_recent_rows = 64;
  Open();
  std::vector<std::future<AppendResult>> answers;
  for (uint64_t i = 0; i < 100; ++i) answers.push_back(AppendAsync(*log_, BatchOf(i * 50, 50)));
  for (auto& answer : answers) EXPECT_TRUE(answer.get().status.ok());
  EXPECT_EQ(log_->Newest()->size(), TreeSize(5000));
  EXPECT_TRUE(AppendAndWait(*log_, BatchOf(4321, 1)).items[0].duplicate);
}

TEST_F(LogTest, AnswersNothingBeforeTheWriteReturned) {
  Open();
  store_.HoldWrites();
  const std::future<AppendResult> first = AppendAsync(*log_, BatchOf(0, 1));
  store_.AwaitHeldWrite();
  // A duplicate of what is in flight waits as well.
  std::promise<uint64_t> writes_before_duplicate;
  log_->Append(BatchOf(0, 1), [&](const AppendResult& result) {
    EXPECT_TRUE(result.items[0].duplicate);
    writes_before_duplicate.set_value(store_.writes());
  });
  store_.AwaitLookUps(2);
  EXPECT_FALSE(IsAnswered(first));
  EXPECT_EQ(log_->Newest()->size(), TreeSize(0));
  store_.ReleaseWrites();
  first.wait();
  EXPECT_EQ(writes_before_duplicate.get_future().get(), 1u);
  EXPECT_EQ(log_->Newest()->size(), TreeSize(1));
}

TEST_F(LogTest, CommitsTogetherWhatComesDuringAWrite) {
  Open();
  store_.HoldWrites();
  std::vector<std::future<AppendResult>> answers;
  answers.push_back(AppendAsync(*log_, BatchOf(0, 1)));
  store_.AwaitHeldWrite();
  for (uint64_t i = 1; i < 100; ++i) answers.push_back(AppendAsync(*log_, BatchOf(i, 1)));
  store_.ReleaseWrites();
  for (auto& answer : answers) EXPECT_TRUE(answer.get().status.ok());
  // The held one, the one prepared meanwhile, and all others.
  EXPECT_LE(store_.writes(), 3u);
}

TEST_F(LogTest, RefusesWhatDoesNotFitTheQueue) {
  options_.max_queued_entries = 10;
  options_.max_commit_entries = 10;
  Open();
  store_.HoldWrites();
  std::vector<std::future<AppendResult>> answers;
  answers.push_back(AppendAsync(*log_, BatchOf(0, 1)));
  store_.AwaitHeldWrite();
  // One batch may be prepared meanwhile; of the others only one has room.
  for (uint64_t i = 1; i <= 3; ++i) answers.push_back(AppendAsync(*log_, BatchOf(i * 10, 10)));
  store_.ReleaseWrites();
  int full = 0;
  for (auto& answer : answers) {
    const absl::Status status = answer.get().status;
    if (status.ok()) continue;
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "queue is full")) << status;
    ++full;
  }
  EXPECT_GE(full, 1);
  EXPECT_TRUE(AppendAndWait(*log_, BatchOf(1000, 10)).status.ok());
}

TEST_F(LogTest, BoundsTheQueueInBytesToo) {
  options_.max_queued_bytes = 100;
  options_.max_commit_bytes = 300;
  Open();
  HoldSequencer();
  const std::future<AppendResult> waits = AppendAsync(*log_, BatchOf(10, 1));
  EXPECT_EQ(AppendAndWait(*log_, BatchOf(20, 1)).status.code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(log_->stats().refused_by_queue, 1u);
  store_.ReleaseWrites();
  waits.wait();
  EXPECT_TRUE(AppendAndWait(*log_, BatchOf(20, 1)).status.ok());
}

TEST_F(LogTest, RefusesForGoodWhatIsLargerThanTheQueue) {
  options_.max_queued_entries = 3;
  Open();
  EXPECT_EQ(AppendAndWait(*log_, BatchOf(0, 4)).status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(AppendAndWait(*log_, BatchOf(0, 3)).status.ok());
}

TEST_F(LogTest, WhatIsWithdrawnBeforeItIsSequencedIsNotAppendedAndItsPlaceIsFreeAtOnce) {
  options_.max_queued_entries = 10;
  Open();
  const Ticket sequenced = HoldSequencer();
  std::promise<AppendResult> withdrawn;
  const Ticket ticket = log_->Append(
      BatchOf(10, 10), [&](AppendResult result) { withdrawn.set_value(std::move(result)); });
  EXPECT_EQ(log_->stats().queued_entries, 10u);
  EXPECT_EQ(AppendAndWait(*log_, BatchOf(30, 1)).status.code(),
            absl::StatusCode::kResourceExhausted);
  log_->Withdraw(ticket);
  const AppendResult result = withdrawn.get_future().get();
  EXPECT_EQ(result.status.code(), absl::StatusCode::kCancelled) << result.status;
  EXPECT_EQ(log_->stats().queued_entries, 0u);
  EXPECT_EQ(log_->stats().queued_bytes, 0u);
  EXPECT_EQ(log_->stats().withdrawn, 10u);
  std::future<AppendResult> after = AppendAsync(*log_, BatchOf(40, 10));
  // Too late, twice, and never given.
  log_->Withdraw(sequenced);
  log_->Withdraw(ticket);
  log_->Withdraw(Ticket::kNone);
  store_.ReleaseWrites();
  EXPECT_EQ(after.get().items[0].index, LeafIndex(2));
  EXPECT_EQ(log_->Newest()->size(), TreeSize(12));
  EXPECT_FALSE(AppendAndWait(*log_, BatchOf(10, 10)).items[0].duplicate);
}

TEST_F(LogTest, RefusesEmptyAndOversizedBatches) {
  options_.max_commit_entries = 4;
  options_.max_commit_bytes = 200;
  Open();
  for (const size_t count : {0u, 4u, 5u}) {
    const absl::Status status = AppendAndWait(*log_, BatchOf(0, count)).status;
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << count << ": " << status;
  }
  EXPECT_TRUE(AppendAndWait(*log_, BatchOf(0, 2)).status.ok());
}

TEST_F(LogTest, StopAnswersWhatWasQueuedAndTakesNoMore) {
  Open();
  store_.HoldWrites();
  std::vector<std::future<AppendResult>> answers;
  for (uint64_t i = 0; i < 20; ++i) answers.push_back(AppendAsync(*log_, BatchOf(i * 10, 10)));
  std::thread stopper([&] { log_->Stop(); });
  store_.ReleaseWrites();
  stopper.join();
  for (auto& answer : answers) EXPECT_TRUE(answer.get().status.ok());
  EXPECT_EQ(AppendAndWait(*log_, BatchOf(0, 1)).status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(log_->healthy().code(), absl::StatusCode::kUnavailable);
  log_->Stop();
  EXPECT_EQ(fatal_calls_, 0);
  EXPECT_EQ(log_->Newest()->size(), TreeSize(200));
}

TEST_F(LogTest, TellsListenersOfEachCommitOnceAndOfNothingElse) {
  Open();
  std::vector<uint64_t> heard;
  std::vector<uint64_t> heard_by_other;
  const std::shared_ptr<void> handle = log_->Subscribe(
      [&](const std::shared_ptr<const View>& view) { heard.push_back(view->size().value()); });
  std::shared_ptr<void> other = log_->Subscribe([&](const std::shared_ptr<const View>& view) {
    heard_by_other.push_back(view->size().value());
  });
  AppendAndWait(*log_, BatchOf(0, 2));
  AppendAndWait(*log_, BatchOf(0, 2));  // Answered after the first call of the listeners.
  other.reset();
  AppendAndWait(*log_, BatchOf(2, 3));
  log_->Stop();
  EXPECT_EQ(heard, (std::vector<uint64_t>{2, 5}));
  EXPECT_EQ(heard_by_other, (std::vector<uint64_t>{2}));
  log_.reset();  // Before the handle.
}

TEST_F(LogTest, TakesNothingWhileTheWallClockRunsAhead) {
  Open();
  clock_.wall_ms += 60'001;
  EXPECT_EQ(AppendAndWait(*log_, BatchOf(0, 1)).status.code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(log_->healthy().code(), absl::StatusCode::kFailedPrecondition);
  clock_.wall_ms -= 2;
  EXPECT_TRUE(log_->healthy().ok());
  EXPECT_TRUE(AppendAndWait(*log_, BatchOf(0, 1)).status.ok());
}

TEST_F(LogTest, TakesNothingWhileTheDiskIsNearlyFull) {
  Open();
  store_.SetFreeSpace(options_.free_space_reserve_bytes - 1);
  EXPECT_EQ(AppendAndWait(*log_, BatchOf(0, 1)).status.code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(log_->healthy().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(store_.writes(), 0u);
  store_.SetFreeSpace(options_.free_space_reserve_bytes);
  EXPECT_TRUE(AppendAndWait(*log_, BatchOf(0, 1)).status.ok());
}

TEST_F(LogTest, ShowsCertifiersAsOfEachView) {
  Open();
  const std::shared_ptr<const View> before = log_->Newest();
  const AppendResult result = AppendAndWait(*log_, Submit(Declare("acme")));
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_TRUE(before->certifiers->Names().empty());
  EXPECT_EQ(result.view->certifiers->Names(), std::vector<std::string>{"acme"});
}

}  // namespace
}  // namespace cairn::ledger
