#include "ledger/sequencer.h"

#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "ledger/dedup.h"
#include "ledger/testing/commit_path.h"
#include "ledger/testing/fixtures.h"
#include "ledger/testing/memory_store.h"
#include "merkle/naive_tree.h"

namespace cairn::ledger {
namespace {

class SequencerTest : public testing::Test {
 protected:
  SequencerTest() { Reopen(); }

  void Reopen(size_t max_recent_rows = 1000) {
    path_.reset();
    absl::StatusOr<std::unique_ptr<CommitPath>> path =
        CommitPath::Open(&store_, &clock_, max_recent_rows);
    ASSERT_TRUE(path.ok()) << path.status();
    path_ = *std::move(path);
  }

  ItemResult Run(entry::Statement statement, bool must_exist = false) {
    return path_->Run(Submit(std::move(statement), must_exist));
  }

  void ExpectAppended(const ItemResult& result, uint64_t index) {
    EXPECT_TRUE(result.status.ok()) << result.status;
    EXPECT_EQ(result.index, LeafIndex(index));
    EXPECT_FALSE(result.duplicate);
  }
  void ExpectDuplicate(const ItemResult& result, uint64_t index) {
    EXPECT_TRUE(result.status.ok()) << result.status;
    EXPECT_EQ(result.index, LeafIndex(index));
    EXPECT_TRUE(result.duplicate);
  }
  void ExpectRefused(const ItemResult& result, absl::StatusCode code,
                     std::optional<uint64_t> latest) {
    EXPECT_EQ(result.status.code(), code) << result.status;
    ASSERT_EQ(result.latest.has_value(), latest.has_value());
    if (latest.has_value()) {
      EXPECT_EQ(result.latest, LeafIndex(*latest));
    }
    EXPECT_FALSE(result.duplicate);
  }
  uint64_t Size() { return store_.ReadState()->size.value(); }

  static entry::Statement Superseding(entry::Statement statement, uint64_t index,
                                      entry::PolicyStatus status) {
    statement.supersedes = LeafIndex(index);
    statement.policy_status = status;
    return statement;
  }

  MemoryStore store_{TestIdentity()};
  ManualClock clock_;
  std::unique_ptr<CommitPath> path_;
};

TEST_F(SequencerTest, GivesConsecutiveIndexesAndTheRootOfTheReferenceTree) {
  std::vector<Hash> leaves;
  for (uint64_t i = 0; i < 300; ++i) ExpectAppended(Run(MakeStatement(i)), i);
  const auto entries = store_.ReadEntries(LeafIndex(0), LeafIndex(300));
  ASSERT_TRUE(entries.ok()) << entries.status();
  for (const std::string& entry : *entries) leaves.push_back(merkle::HashLeaf(entry));
  EXPECT_EQ(store_.ReadState()->root, merkle::NaiveTree(leaves).Mth(0, leaves.size()));
}

TEST_F(SequencerTest, AnswersTheFirstEntryToTheSameStatementAgain) {
  ExpectAppended(Run(MakeStatement(1)), 0);
  ExpectAppended(Run(MakeStatement(2)), 1);
  ExpectDuplicate(Run(MakeStatement(1)), 0);
  EXPECT_EQ(Size(), 2u);
}

TEST_F(SequencerTest, AnswersTheSameStatementAfterARestart) {
  ExpectAppended(Run(MakeStatement(1)), 0);
  Reopen();
  ExpectDuplicate(Run(MakeStatement(1)), 0);
  EXPECT_EQ(Size(), 1u);
}

TEST_F(SequencerTest, TakesOneHashFromTwoCertifiers) {
  ExpectAppended(Run(MakeStatement(1, "acme")), 0);
  ExpectAppended(Run(MakeStatement(1, "other")), 1);
  ExpectDuplicate(Run(MakeStatement(1, "acme")), 0);
  ExpectDuplicate(Run(MakeStatement(1, "other")), 1);
}

TEST_F(SequencerTest, TakesOneHashUnderTwoTraces) {
  entry::Statement traced = MakeStatement(1);
  traced.trace = "t1";
  ExpectAppended(Run(MakeStatement(1)), 0);
  ExpectAppended(Run(traced), 1);
  ExpectDuplicate(Run(traced), 1);
}

TEST_F(SequencerTest, RefusesAnotherStatementOnTheSame) {
  ExpectAppended(Run(MakeStatement(0)), 0);
  ExpectAppended(Run(MakeStatement(1)), 1);
  entry::Statement other = MakeStatement(1);
  other.policy_status = entry::PolicyStatus::kFail;
  const ItemResult result = Run(other);
  ExpectRefused(result, absl::StatusCode::kAlreadyExists, 1);
  EXPECT_TRUE(absl::StrContains(result.status.message(), "at index 1")) << result.status;
  other = MakeStatement(1);
  other.task = "another-task";
  ExpectRefused(Run(other), absl::StatusCode::kAlreadyExists, 1);
  EXPECT_EQ(Size(), 2u);
}

TEST_F(SequencerTest, AppendsAChainInWhichEachSupersedesTheLatest) {
  const entry::Statement first = MakeStatement(1);
  const entry::Statement second = Superseding(first, 0, entry::PolicyStatus::kFail);
  const entry::Statement third = Superseding(first, 1, entry::PolicyStatus::kPass);
  ExpectAppended(Run(first), 0);
  ExpectAppended(Run(second), 1);
  ExpectAppended(Run(third), 2);
  // A retry of any of them is answered, though superseded since.
  ExpectDuplicate(Run(first), 0);
  ExpectDuplicate(Run(second), 1);
  ExpectDuplicate(Run(third), 2);
}

TEST_F(SequencerTest, RefusesToSupersedeAnythingButTheLatest) {
  const entry::Statement first = MakeStatement(1);
  ExpectAppended(Run(first), 0);
  ExpectAppended(Run(Superseding(first, 0, entry::PolicyStatus::kFail)), 1);
  const ItemResult result = Run(Superseding(first, 0, entry::PolicyStatus::kConditional));
  ExpectRefused(result, absl::StatusCode::kFailedPrecondition, 1);
  EXPECT_TRUE(absl::StrContains(result.status.message(), "is 1;")) << result.status;
  ExpectRefused(Run(Superseding(first, 7, entry::PolicyStatus::kConditional)),
                absl::StatusCode::kFailedPrecondition, 1);
  ExpectRefused(Run(Superseding(MakeStatement(2), 0, entry::PolicyStatus::kPass)),
                absl::StatusCode::kFailedPrecondition, std::nullopt);
  EXPECT_EQ(Size(), 2u);
}

TEST_F(SequencerTest, AnswersKnownWorkAndRefusesNewWorkThatMustExist) {
  const entry::Statement known = MakeStatement(1);
  ExpectAppended(Run(known), 0);
  ExpectDuplicate(Run(known, /*must_exist=*/true), 0);
  EXPECT_EQ(Run(MakeStatement(2), true).status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Run(Superseding(known, 0, entry::PolicyStatus::kFail), true).status.code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Size(), 1u);
}

TEST_F(SequencerTest, IgnoresTheSignatureWhenItComparesStatements) {
  ExpectAppended(Run(MakeStatement(1)), 0);
  absl::StatusOr<Submission> resigned = Submission::Make(
      entry::SignedStatement{.statement = MakeStatement(1), .signature = entry::SingleSignature{}});
  ASSERT_TRUE(resigned.ok()) << resigned.status();
  ExpectDuplicate(path_->Run(*std::move(resigned)), 0);
}

TEST_F(SequencerTest, FindsDuplicatesWithinABatchAndBetweenBatches) {
  std::vector<std::vector<Submission>> batches(2);
  batches[0].push_back(Submit(MakeStatement(1)));
  batches[0].push_back(Submit(MakeStatement(1)));
  batches[1].push_back(Submit(MakeStatement(2)));
  batches[1].push_back(Submit(Superseding(MakeStatement(1), 0, entry::PolicyStatus::kFail)));
  batches[1].push_back(Submit(MakeStatement(1)));
  absl::StatusOr<Prepared> prepared = path_->Prepare(std::move(batches));
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  ASSERT_EQ(prepared->answers.size(), 2u);
  ExpectAppended(prepared->answers[0].items[0], 0);
  ExpectDuplicate(prepared->answers[0].items[1], 0);
  ExpectAppended(prepared->answers[1].items[0], 1);
  ExpectAppended(prepared->answers[1].items[1], 2);
  ExpectDuplicate(prepared->answers[1].items[2], 0);
  EXPECT_EQ(prepared->tree->commit.entries.size(), 3u);
}

TEST_F(SequencerTest, FindsDuplicatesOfWhatIsInFlight) {
  std::vector<Prepared> in_flight;
  for (int i = 0; i < 2; ++i) {
    std::vector<std::vector<Submission>> batches(1);
    batches[0].push_back(Submit(MakeStatement(i)));
    absl::StatusOr<Prepared> prepared = path_->Prepare(std::move(batches));
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    in_flight.push_back(*std::move(prepared));
  }
  std::vector<std::vector<Submission>> again(1);
  again[0].push_back(Submit(MakeStatement(1)));
  again[0].push_back(Submit(MakeStatement(0)));
  absl::StatusOr<Prepared> prepared = path_->Prepare(std::move(again));
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_FALSE(prepared->tree.has_value());
  ExpectDuplicate(prepared->answers[0].items[0], 1);
  ExpectDuplicate(prepared->answers[0].items[1], 0);
}

TEST_F(SequencerTest, FindsDuplicatesAcrossEveryIngestionBoundary) {
  for (const size_t max_rows : {1u, 2u, 3u, 8u}) {
    Reopen(max_rows);
    for (uint64_t i = 0; i < 40; ++i) {
      const uint64_t expected = Size();
      const uint64_t seed = max_rows * 1000 + i;
      ExpectAppended(Run(MakeStatement(seed)), expected);
      ExpectDuplicate(Run(MakeStatement(seed)), expected);
      ExpectDuplicate(Run(MakeStatement(seed - i / 2)), expected - i / 2);
    }
  }
  EXPECT_GT(store_.ingested_rows(), 100u);
  Reopen(2);
  ExpectDuplicate(Run(MakeStatement(1000)), 0);
}

TEST_F(SequencerTest, KeepsRowsOfWhatIsInFlightOutOfTheIngestedIndex) {
  Reopen(2);
  std::vector<std::vector<Submission>> batches(1);
  batches[0] = BatchOf(0, 2);
  absl::StatusOr<Prepared> prepared = path_->Prepare(std::move(batches));
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  ASSERT_TRUE(path_->Ingest().ok());
  EXPECT_EQ(store_.ingested_rows(), 0u);
  ASSERT_TRUE(path_->Write(*prepared).ok());
  ASSERT_TRUE(path_->Ingest().ok());
  EXPECT_EQ(store_.ingested_rows(), 2u);
  EXPECT_EQ(*store_.IndexWatermark(), LeafIndex(2));
}

TEST_F(SequencerTest, NeverAppendsAReservedKind) {
  const entry::UnknownEntry unknown{.kind = 4, .content = "new"};
  EXPECT_EQ(Submission::Make(unknown).status().code(), absl::StatusCode::kInvalidArgument);
  const ItemResult result =
      path_->Run({.body = unknown, .encoded = *entry::Encode({.body = unknown})});
  EXPECT_EQ(result.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Size(), 0u);
}

TEST_F(SequencerTest, LooksPastCandidatesThatOnlyShareTheTag) {
  for (uint64_t i = 0; i < 3; ++i) ExpectAppended(Run(MakeStatement(i)), i);
  store_.AddForeignCandidates({LeafIndex(0), LeafIndex(1), LeafIndex(2)});
  ExpectAppended(Run(MakeStatement(3)), 3);
  ExpectDuplicate(Run(MakeStatement(2)), 2);
  entry::Statement other = MakeStatement(1);
  other.policy_status = entry::PolicyStatus::kFail;
  ExpectRefused(Run(other), absl::StatusCode::kAlreadyExists, 1);
}

TEST_F(SequencerTest, AppliesCertifierEntriesInOrderAndRefusesImpossibleOnes) {
  ExpectAppended(path_->Run(Submit(Declare("acme"))), 0);
  EXPECT_EQ(path_->Run(Submit(Declare("acme"))).status.code(), absl::StatusCode::kAlreadyExists);
  std::vector<std::vector<Submission>> batches(1);
  batches[0].push_back(Submit(Declare("other")));
  batches[0].push_back(Submit(Declare("other")));
  batches[0].push_back(Submit(MakeStatement(1)));
  absl::StatusOr<Prepared> prepared = path_->Prepare(std::move(batches));
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  ExpectAppended(prepared->answers[0].items[0], 1);
  EXPECT_EQ(prepared->answers[0].items[1].status.code(), absl::StatusCode::kAlreadyExists);
  ExpectAppended(prepared->answers[0].items[2], 2);
  EXPECT_EQ(prepared->tree->commit.certifiers, std::vector<LeafIndex>{LeafIndex(1)});
  ASSERT_TRUE(path_->Write(*prepared).ok());
  Reopen();
  EXPECT_EQ(path_->Newest()->certifiers->Names(), (std::vector<std::string>{"acme", "other"}));
}

TEST_F(SequencerTest, GivesOneTimeACommitThatNeverFalls) {
  uint64_t last_ms = 0;
  const int64_t steps_ms[] = {0, 1000, -50'000, -10, 3'600'000 * -1, 59'000};
  for (const int64_t step_ms : steps_ms) {
    clock_.wall_ms += step_ms;
    std::vector<std::vector<Submission>> batches(1);
    batches[0] = BatchOf(Size() + 100, 3);
    absl::StatusOr<Prepared> prepared = path_->Prepare(std::move(batches));
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    for (const std::string& encoded : prepared->tree->commit.entries) {
      EXPECT_EQ(entry::Decode(encoded)->accepted_at_ms,
                prepared->tree->commit.state.last_accepted_at_ms);
    }
    EXPECT_GE(prepared->tree->commit.state.last_accepted_at_ms, last_ms);
    last_ms = prepared->tree->commit.state.last_accepted_at_ms;
    ASSERT_TRUE(path_->Write(*prepared).ok());
  }
  clock_.wall_ms -= 1'000'000;
  Reopen();
  ExpectAppended(Run(MakeStatement(1)), Size());
  EXPECT_EQ(store_.ReadState()->last_accepted_at_ms, last_ms);
}

TEST_F(SequencerTest, TakesNothingWhileTheWallClockRunsAhead) {
  clock_.Advance(3'600'000);  // Both clocks together: time passed.
  ExpectAppended(Run(MakeStatement(0)), 0);
  clock_.wall_ms += AcceptClock::kMaxLeadMs;
  ExpectAppended(Run(MakeStatement(1)), 1);
  clock_.wall_ms += 1;
  std::vector<std::vector<Submission>> batches(1);
  batches[0] = BatchOf(10, 1);
  const absl::Status refused = path_->Prepare(std::move(batches)).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(refused.message(), "wall clock ran ahead")) << refused;
  clock_.wall_ms -= 1;
  ExpectAppended(Run(MakeStatement(2)), 2);
}

TEST_F(SequencerTest, BoundsWhatOneCertifierStatesOnOneHash) {
  const auto traced = [](uint64_t trace, absl::string_view certifier) {
    entry::Statement statement = MakeStatement(1, certifier);
    statement.trace = absl::StrCat("t", trace);
    return Submit(std::move(statement));
  };
  std::vector<std::vector<Submission>> batches(1);
  for (uint64_t i = 0; i < kMaxStatementsByCertifier; ++i) batches[0].push_back(traced(i, "acme"));
  const absl::StatusOr<Prepared> full = path_->Prepare(std::move(batches));
  ASSERT_TRUE(full.ok()) << full.status();
  ASSERT_TRUE(path_->Write(*full).ok());
  const ItemResult refused = path_->Run(traced(kMaxStatementsByCertifier, "acme"));
  ExpectRefused(refused, absl::StatusCode::kFailedPrecondition, std::nullopt);
  EXPECT_TRUE(absl::StrContains(refused.status.message(), "has made 1024 statements on this hash"))
      << refused.status;
  // Retries are answered, and nobody else is held up.
  ExpectDuplicate(path_->Run(traced(7, "acme")), 7);
  ExpectAppended(path_->Run(traced(7, "other")), kMaxStatementsByCertifier);
}

TEST_F(SequencerTest, ReadsACandidateOnceACommit) {
  for (uint64_t i = 0; i < 10; ++i) ExpectAppended(Run(MakeStatement(i)), i);
  Reopen();
  std::vector<std::vector<Submission>> batches(2);
  for (int i = 0; i < 50; ++i) batches[i % 2].push_back(Submit(MakeStatement(3)));
  const uint64_t before = store_.entry_reads();
  ASSERT_TRUE(path_->Prepare(std::move(batches)).ok());
  EXPECT_EQ(store_.entry_reads(), before + 1);
}

TEST_F(SequencerTest, ComparesWithNoDamagedEntry) {
  for (uint64_t i = 0; i < 300; ++i) ExpectAppended(Run(MakeStatement(i)), i);
  Reopen();
  store_.DamageEntry(LeafIndex(100));
  std::vector<std::vector<Submission>> batches(1);
  batches[0].push_back(Submit(MakeStatement(100)));
  EXPECT_EQ(path_->Prepare(std::move(batches)).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SequencerTest, ReportsACandidateThatIsNotStoredOrNotAStatement) {
  ExpectAppended(path_->Run(Submit(Declare("acme"))), 0);
  for (const uint64_t index : {0, 7}) {
    store_.AddForeignCandidates({LeafIndex(index)});
    std::vector<std::vector<Submission>> batches(1);
    batches[0] = BatchOf(0, 1);
    EXPECT_EQ(path_->Prepare(std::move(batches)).status().code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace cairn::ledger
