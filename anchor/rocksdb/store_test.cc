#include "anchor/rocksdb/store.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/rocksdb/testing/samples.h"
#include "gtest/gtest.h"

namespace cairn::anchor {
namespace {

using testing::SampleEvent;
using testing::SampleGap;
using testing::SampleReceipt;
using testing::SampleRound;
using testing::SampleRule;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() : path_(std::string(std::getenv("TEST_TMPDIR")) + "/anchors") {
    std::filesystem::remove_all(path_);
  }
  std::unique_ptr<RocksDbStore> Open() {
    auto store = RocksDbStore::Open({.path = path_, .log = "vkey"});
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  const std::string path_;
};

TEST_F(StoreTest, ReadsBackWhatAChangeWrote) {
  {
    const auto store = Open();
    EXPECT_EQ(*store->LastSequence(), 0u);
    for (uint64_t round = 1; round <= 3; ++round) {
      ASSERT_TRUE(store
                      ->Write({.round = SampleRound(round, absl::StrCat("note ", round)),
                               .receipt = SampleReceipt(round, "tsa"),
                               .events = {SampleEvent(2 * round - 1), SampleEvent(2 * round)}})
                      .ok());
    }
    ASSERT_TRUE(store->Write({.rule = SampleRule(1), .gap = SampleGap(1)}).ok());
    ASSERT_TRUE(
        store->Write({.receipt = SampleReceipt(2, "btc"), .spent = Spent{"tsa", 5, 6}}).ok());
  }
  const auto store = Open();
  std::vector<uint64_t> rounds;
  ASSERT_TRUE(store
                  ->ReadRounds([&](const RoundHead& round) {
                    rounds.push_back(round.number);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(rounds, (std::vector<uint64_t>{1, 2, 3}));
  std::vector<std::string> receipts;
  ASSERT_TRUE(store
                  ->ReadReceipts([&](const ReceiptHead& head) {
                    receipts.push_back(absl::StrCat(head.round, head.anchor));
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(receipts, (std::vector<std::string>{"1tsa", "2btc", "2tsa", "3tsa"}));
  EXPECT_EQ(*store->ReadRound(2), SampleRound(2, "note 2"));
  EXPECT_EQ(*store->ReadReceipt(2, "btc"), SampleReceipt(2, "btc").head);
  EXPECT_EQ(*store->ReadBytes(2, "btc"), *SampleReceipt(2, "btc").bytes);
  EXPECT_EQ(store->ReadReceiptsOf(2)->size(), 2u);
  EXPECT_EQ(*store->ReadRules(), std::vector<RuleVersion>{SampleRule(1)});
  EXPECT_EQ(*store->ReadGaps(), std::vector<Gap>{SampleGap(1)});
  EXPECT_EQ(*store->ReadSpent(), (std::vector<Spent>{{"tsa", 5, 6}}));
  EXPECT_EQ(*store->LastSequence(), 6u);
  EXPECT_EQ(store->ReadRound(4).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store->ReadBytes(2, "other").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(StoreTest, KeepsTheBytesWhereAChangeHasNone) {
  const auto store = Open();
  ReceiptChange receipt = SampleReceipt(1, "tsa");
  ASSERT_TRUE(store->Write({.receipt = receipt}).ok());
  receipt.head.state = ReceiptState::kFinal;
  receipt.bytes.reset();
  ASSERT_TRUE(store->Write({.receipt = receipt}).ok());
  EXPECT_EQ(store->ReadReceipt(1, "tsa")->state, ReceiptState::kFinal);
  EXPECT_EQ(*store->ReadBytes(1, "tsa"), *SampleReceipt(1, "tsa").bytes);
}

TEST_F(StoreTest, GivesEventsFromAnyPlaceOn) {
  const auto store = Open();
  Change change;
  for (uint64_t sequence = 1; sequence <= 300; ++sequence) {
    change.events.push_back(SampleEvent(sequence));
  }
  ASSERT_TRUE(store->Write(change).ok());
  const auto some = store->ReadEvents(255, 3);
  ASSERT_TRUE(some.ok());
  EXPECT_EQ(*some, (std::vector<Event>{SampleEvent(255), SampleEvent(256), SampleEvent(257)}));
  EXPECT_EQ(store->ReadEvents(0, 1000)->size(), 300u);
  EXPECT_TRUE(store->ReadEvents(301, 10)->empty());
}

TEST_F(StoreTest, BelongsToOneLogAndOneProcess) {
  auto store = Open();
  EXPECT_EQ(RocksDbStore::Open({.path = path_, .log = "vkey"}).status().code(),
            absl::StatusCode::kUnavailable);
  store.reset();
  const auto other = RocksDbStore::Open({.path = path_, .log = "another"});
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(other.status().message().find("vkey"), absl::string_view::npos);
}

TEST_F(StoreTest, IsMadeOnlyWhenThatIsMeant) {
  EXPECT_EQ(RocksDbStore::Open({.path = path_, .log = "v", .create = false}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace cairn::anchor
