// What a log does when its store fails or turns out to be damaged.

#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "ledger/log.h"
#include "ledger/testing/fixtures.h"
#include "ledger/testing/log_fixture.h"
#include "ledger/testing/memory_store.h"

namespace cairn::ledger {
namespace {

class LogFailureTest : public LogFixture {
 protected:
  // Lets `arm` break the next commit while others wait behind it, and expects that none is answered
  // OK.
  void ExpectFatal(const std::function<void()>& arm) {
    ASSERT_TRUE(AppendAndWait(*log_, BatchOf(0, 3)).status.ok());
    const std::shared_ptr<const View> last = log_->Newest();
    store_.HoldWrites();
    std::vector<std::future<AppendResult>> answers;
    answers.push_back(AppendAsync(*log_, BatchOf(100, 2)));
    store_.AwaitHeldWrite();
    arm();
    answers.push_back(AppendAsync(*log_, BatchOf(200, 2)));
    answers.push_back(AppendAsync(*log_, BatchOf(100, 1)));
    answers.push_back(AppendAsync(*log_, BatchOf(300, 2)));
    store_.ReleaseWrites();
    for (auto& answer : answers) {
      const AppendResult result = answer.get();
      EXPECT_EQ(result.status.code(), absl::StatusCode::kUnavailable) << result.status;
      EXPECT_EQ(result.view, nullptr);
    }
    EXPECT_EQ(AppendAndWait(*log_, BatchOf(0, 1)).status.code(), absl::StatusCode::kUnavailable);
    EXPECT_FALSE(log_->healthy().ok());
    log_->Stop();
    EXPECT_EQ(fatal_calls_, 1);
    EXPECT_EQ(log_->Newest(), last);
  }

  // After a restart the log goes on, and the same statements can be sent again.
  void ExpectGoesOn(bool kept) {
    store_.Crash();
    Open();
    const AppendResult again = AppendAndWait(*log_, BatchOf(100, 2));
    ASSERT_TRUE(again.status.ok()) << again.status;
    EXPECT_EQ(again.items[0].index, LeafIndex(3));
    EXPECT_EQ(again.items[0].duplicate, kept);
    EXPECT_TRUE(AppendAndWait(*log_, BatchOf(0, 1)).items[0].duplicate);
  }
};

TEST_F(LogFailureTest, WriteThatKeptNothingIsFatal) {
  Open();
  ExpectFatal([this] { store_.FailWrite(Failure::kNothingKept); });
  ExpectGoesOn(/*kept=*/false);
}

TEST_F(LogFailureTest, WriteThatFailedButPersistedIsFatal) {
  Open();
  ExpectFatal([this] { store_.FailWrite(Failure::kPersisted); });
  ExpectGoesOn(/*kept=*/true);
}

TEST_F(LogFailureTest, WriteThatIsLostByTheCrashIsFatal) {
  Open();
  ExpectFatal([this] { store_.FailWrite(Failure::kLostOnCrash); });
  ExpectGoesOn(/*kept=*/false);
}

TEST_F(LogFailureTest, FailureToRecordTheSignedTreeIsFatal) {
  Open();
  ExpectFatal([this] { store_.FailRecord(); });
  ExpectGoesOn(/*kept=*/true);
}

TEST_F(LogFailureTest, FailedIngestionIsFatal) {
  options_.max_recent_rows = 4;
  Open();
  store_.FailIngest();
  AppendAndWait(*log_, BatchOf(0, 8));
  // With the index full for good, a later batch cannot pass.
  absl::Status status = AppendAndWait(*log_, BatchOf(10, 8)).status;
  while (status.ok()) status = AppendAndWait(*log_, BatchOf(store_.writes() * 100, 8)).status;
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  log_->Stop();
  EXPECT_EQ(fatal_calls_, 1);
  Open();
  EXPECT_TRUE(AppendAndWait(*log_, BatchOf(0, 8)).items[7].duplicate);
}

TEST_F(LogFailureTest, UnreadableCandidateRefusesTheBatchAndNothingElse) {
  Open();
  AppendAndWait(*log_, BatchOf(0, 3));
  Open();
  store_.FailReads(absl::UnavailableError("the disk does not answer, as told"));
  EXPECT_EQ(AppendAndWait(*log_, BatchOf(0, 1)).status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(AppendAndWait(*log_, BatchOf(10, 1)).status.ok());
  store_.FailReads(absl::OkStatus());
  EXPECT_TRUE(AppendAndWait(*log_, BatchOf(0, 1)).items[0].duplicate);
}

class LogDamageTest : public LogFailureTest {
 protected:
  LogDamageTest() {
    Open();
    for (uint64_t i = 0; i < 6; ++i) AppendAndWait(*log_, BatchOf(i * 150, 150));
    view_ = log_->Newest();
  }

  void ExpectDamaged() {
    EXPECT_EQ(log_->healthy().code(), absl::StatusCode::kDataLoss);
    const absl::Status refused = AppendAndWait(*log_, BatchOf(5000, 1)).status;
    EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
    EXPECT_TRUE(absl::StrContains(refused.message(), "damage")) << refused;
    EXPECT_EQ(log_->Newest(), view_);
    // Sound reads go on: these entries lie in tile 2.
    EXPECT_TRUE(log_->ReadEntries(*view_, LeafIndex(600), LeafIndex(610), 1 << 20).ok());
    log_->Stop();
    EXPECT_EQ(fatal_calls_, 0);
  }

  std::shared_ptr<const View> view_;
};

TEST_F(LogDamageTest, DamagedTileIsFoundByAProofAtTheViewsSize) {
  store_.DamageTile({.level = 0, .index = 0}, 5);
  EXPECT_EQ(log_->Prove(*view_, LeafIndex(4), view_->size()).status().code(),
            absl::StatusCode::kDataLoss);
  ExpectDamaged();
}

TEST_F(LogDamageTest, DamagedTileIsFoundByAProofAtASmallerSize) {
  store_.DamageTile({.level = 0, .index = 1}, 5);
  EXPECT_EQ(log_->Prove(*view_, LeafIndex(4), TreeSize(300)).status().code(),
            absl::StatusCode::kDataLoss);
  ExpectDamaged();
}

TEST_F(LogDamageTest, DamagedTileIsFoundByAConsistencyProof) {
  store_.DamageTile({.level = 0, .index = 1}, 5);
  EXPECT_EQ(log_->ConsistencyProof(*view_, TreeSize(300), view_->size()).status().code(),
            absl::StatusCode::kDataLoss);
  ExpectDamaged();
}

TEST_F(LogDamageTest, DamagedTileIsFoundByAConsistencyProofBetweenSmallerSizes) {
  store_.DamageTile({.level = 0, .index = 1}, 5);
  EXPECT_EQ(log_->ConsistencyProof(*view_, TreeSize(300), TreeSize(400)).status().code(),
            absl::StatusCode::kDataLoss);
  ExpectDamaged();
}

TEST_F(LogDamageTest, DamagedEntryIsFoundByAReadOfItsRange) {
  store_.DamageEntry(LeafIndex(77));
  EXPECT_EQ(log_->ReadEntries(*view_, LeafIndex(70), LeafIndex(80), 1 << 20).status().code(),
            absl::StatusCode::kDataLoss);
  ExpectDamaged();
}

TEST_F(LogDamageTest, DamagedEntryIsFoundByALookUp) {
  store_.DamageEntry(LeafIndex(77));
  EXPECT_EQ(log_->Find(*view_, MakeStatement(77).certificate_hash, std::nullopt, view_->size(),
                       LeafIndex(0), 10)
                .status()
                .code(),
            absl::StatusCode::kDataLoss);
  ExpectDamaged();
}

}  // namespace
}  // namespace cairn::ledger
