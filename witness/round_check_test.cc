#include "witness/round_check.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/naive_tree.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/key.h"
#include "merkle/note/misbehaviour.h"
#include "witness/auditor.h"
#include "witness/testing/memory_log.h"

namespace cairn::witness {
namespace {

constexpr char kOrigin[] = "log.example/anchored";

class MemoryRounds final : public RoundSource {
 public:
  absl::StatusOr<uint64_t> Last() override { return rounds.size() - hidden; }
  absl::StatusOr<AnchoredRound> Read(uint64_t number) override {
    ++reads;
    if (!failure.ok()) return failure;
    if (number == 0 || number > rounds.size()) return absl::NotFoundError("there is none");
    return rounds[number - 1];
  }

  std::vector<AnchoredRound> rounds;
  // The newest, which were made after Last was asked.
  uint64_t hidden = 0;
  uint64_t reads = 0;
  absl::Status failure;
};

class RoundCheckTest : public ::testing::Test {
 protected:
  RoundCheckTest()
      : policy_(*note::Policy::Parse(
            absl::StrCat("log ", key_.verifier_key().Format(), "\nquorum none\n"))),
        log_(key_.FormatSecret()) {}

  static std::string Receipt(const std::string& backend, uint64_t tree_size) {
    return *entry::Encode({.body = entry::ReceiptEntry{.receipt_hash = merkle::Sha256(backend),
                                                       .tree_size = TreeSize(tree_size),
                                                       .backend = backend}});
  }
  // Statements that `history` tells from those of another.
  static void Fill(MemoryLog& log, uint64_t size, const std::string& history = "one") {
    for (uint64_t i = log.entries().size(); i < size; ++i) {
      entry::SignedStatement statement;
      statement.statement.certificate_hash = merkle::Sha256(absl::StrCat(history, i));
      statement.statement.certifier = entry::kAnonymous;
      log.Append(*entry::Encode({.body = statement}));
    }
    log.Publish();
  }
  // The log's checkpoint becomes a round.
  void Freeze(MemoryLog& log) {
    AnchoredRound round{.note = log.note(), .anchors = {"tsa"}, .settled = true};
    if (!rounds_.rounds.empty()) {
      std::vector<Hash> leaves;
      for (const std::string& entry : log.entries()) leaves.push_back(merkle::HashLeaf(entry));
      const uint64_t old = ReadView(rounds_.rounds.back().note)->checkpoint.size.value();
      round.consistency = merkle::NaiveTree(leaves).Consistency(old, leaves.size());
    }
    rounds_.rounds.push_back(std::move(round));
  }
  void FillAndFreeze(uint64_t size) {
    Fill(log_, size);
    Freeze(log_);
  }
  absl::StatusOr<AuditReport> Run(MemoryLog& log, bool of_a_copy = false) {
    Auditor auditor(log, policy_, store_, {.rounds = &rounds_, .of_a_copy = of_a_copy});
    return auditor.Run();
  }
  void ExpectSound() {
    const absl::StatusOr<AuditReport> report = Run(log_);
    ASSERT_TRUE(report.ok()) << report.status();
    for (const Finding& finding : report->findings) ADD_FAILURE() << finding.text;
    EXPECT_EQ(report->rounds, rounds_.rounds.size() - rounds_.hidden);
    EXPECT_TRUE(report->remarks.empty());
  }
  // One of this kind among the findings, which says so.
  AuditReport ExpectFinding(MemoryLog& log, FindingKind kind, const std::string& text) {
    const absl::StatusOr<AuditReport> report = Run(log);
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return {};
    bool found = false;
    std::string all;
    for (const Finding& finding : report->findings) {
      found |= finding.kind == kind && absl::StrContains(finding.text, text);
      absl::StrAppend(&all, FindingKindName(finding.kind), ": ", finding.text, "\n");
    }
    EXPECT_TRUE(found) << text << " is not among\n" << all;
    return *report;
  }
  void ExpectUnreadable(const std::string& text) {
    const absl::Status status = Run(log_).status();
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), text)) << status;
  }
  void ExpectConvicted(const AuditReport& report) {
    ASSERT_FALSE(report.misbehaviours.empty());
    for (const note::Misbehaviour& misbehaviour : report.misbehaviours) {
      const auto proven = note::VerifyMisbehaviour(misbehaviour, {&key_.verifier_key(), 1});
      EXPECT_TRUE(proven.ok()) << proven.status();
    }
  }

  const note::SignerKey key_ = *note::GenerateSignerKey(kOrigin, note::KeyType::kEd25519);
  const note::Policy policy_;
  MemoryLog log_;
  MemoryAuditStore store_;
  MemoryRounds rounds_;
};

TEST_F(RoundCheckTest, FindsNothingInSoundRoundsAndGoesOn) {
  ExpectSound();
  FillAndFreeze(5);
  log_.Append(Receipt("tsa", 5));
  FillAndFreeze(300);
  FillAndFreeze(700);
  Fill(log_, 800);
  ExpectSound();
  EXPECT_EQ(rounds_.reads, 3);
  // Of the rounds that are settled only the newest is read again.
  FillAndFreeze(900);
  ExpectSound();
  EXPECT_EQ(rounds_.reads, 5);
  // A receipt that came late: its round is looked for.
  log_.Append(Receipt("tsa", 300));
  Fill(log_, 1000);
  ExpectSound();
}

TEST_F(RoundCheckTest, ReadsRoundsAgainUntilTheirReceiptsAreSettled) {
  for (const uint64_t size : {10, 20, 30}) FillAndFreeze(size);
  rounds_.rounds[1].settled = false;
  ExpectSound();
  rounds_.rounds[1].faults = {"the receipt of `tsa`: of another digest"};
  rounds_.rounds[1].settled = true;
  for (int i = 0; i < 2; ++i) {
    ExpectFinding(log_, FindingKind::kAnchor, "anchored round 2: the receipt of `tsa`");
  }
  // It was the auditor's own file of roots.
  rounds_.rounds[1].faults.clear();
  ExpectSound();
}

TEST_F(RoundCheckTest, ConvictsALogThatWasRewrittenUnderItsRounds) {
  for (const uint64_t size : {100, 300, 700}) FillAndFreeze(size);
  MemoryLog rewritten(key_.FormatSecret());
  Fill(rewritten, 250);
  Fill(rewritten, 900, "two");
  const AuditReport report = ExpectFinding(rewritten, FindingKind::kSplitView, "anchored round 3");
  EXPECT_EQ(report.misbehaviours.size(), 1);
  ExpectConvicted(report);
  // Also where the log then shows its first face.
  Fill(log_, 1000);
  EXPECT_FALSE(Run(log_)->sound());
}

TEST_F(RoundCheckTest, ConvictsALogOfARoundOnAnotherHistory) {
  FillAndFreeze(100);
  MemoryLog other(key_.FormatSecret());
  Fill(other, 60);
  Fill(other, 200, "two");
  Freeze(other);
  FillAndFreeze(300);
  ExpectConvicted(
      ExpectFinding(log_, FindingKind::kSplitView, "anchored round 2: its tree of 200"));
}

TEST_F(RoundCheckTest, ConvictsALogOfTwoRootsOfOneSize) {
  FillAndFreeze(100);
  MemoryLog other(key_.FormatSecret());
  Fill(other, 100, "two");
  Freeze(other);
  ExpectConvicted(ExpectFinding(log_, FindingKind::kSplitView, "another root"));
}

TEST_F(RoundCheckTest, SaysAProofThatIsWrongWithoutASplit) {
  FillAndFreeze(100);
  FillAndFreeze(300);
  rounds_.rounds[1].consistency[0].bytes[0] ^= 1;
  const AuditReport report =
      ExpectFinding(log_, FindingKind::kAnchor, "anchored round 2: it does not continue");
  EXPECT_EQ(report.finding_count, 1);
  EXPECT_TRUE(report.misbehaviours.empty());
}

TEST_F(RoundCheckTest, TakesNoNoteThatTheLogHasNotSigned) {
  FillAndFreeze(100);
  const note::SignerKey other = *note::GenerateSignerKey(kOrigin, note::KeyType::kEd25519);
  MemoryLog forged(other.FormatSecret());
  Fill(forged, 200);
  Freeze(forged);
  Fill(log_, 300);
  // Whoever answers so is not the log, or not this one: nothing is said against it.
  ExpectUnreadable("cannot read anchored round 2: ");
  rounds_.rounds[1].note = "garbage";
  ExpectUnreadable("cannot read anchored round 2: ");
  const note::SignerKey elsewhere =
      *note::GenerateSignerKey("log.example/other", note::KeyType::kEd25519);
  MemoryLog other_log(elsewhere.FormatSecret());
  Fill(other_log, 200);
  rounds_.rounds[1].note = other_log.note();
  ExpectUnreadable("is --log the address of the log that is audited?");
}

TEST_F(RoundCheckTest, NoticesRoundsThatWereTakenBackOrChanged) {
  for (const uint64_t size : {100, 200, 300}) FillAndFreeze(size);
  ExpectSound();
  const MemoryAuditStore before = store_;
  const AnchoredRound newest = rounds_.rounds.back();
  rounds_.rounds.pop_back();
  ExpectFinding(log_, FindingKind::kRegression, "shows 2 anchored rounds; it had 3");
  store_ = before;
  FillAndFreeze(400);
  // As long as it is so.
  for (int i = 0; i < 2; ++i) {
    ExpectFinding(log_, FindingKind::kAnchor, "anchored round 3: another note than it had before");
  }
  store_ = before;
  rounds_.rounds.back() = newest;
  rounds_.failure = absl::NotFoundError("there is no round");
  ExpectUnreadable("there is no round");
  rounds_.failure = absl::OkStatus();
  ExpectSound();
}

TEST_F(RoundCheckTest, NoticesALogThatShowsLessThanItHadAnchored) {
  for (const uint64_t size : {100, 200}) FillAndFreeze(size);
  MemoryLog shorter(key_.FormatSecret());
  Fill(shorter, 150);
  // A copy may be older.
  const absl::StatusOr<AuditReport> copy = Run(shorter, true);
  ASSERT_TRUE(copy.ok());
  EXPECT_TRUE(copy->sound());
  ASSERT_EQ(copy->remarks.size(), 1);
  EXPECT_TRUE(absl::StrContains(copy->remarks[0], "anchored round 2 is over more"));
  ExpectFinding(shorter, FindingKind::kRegression, "anchored round 2 is over more than the 150");
}

TEST_F(RoundCheckTest, HoldsReceiptEntriesAgainstRounds) {
  FillAndFreeze(100);
  log_.Append(Receipt("tsa", 100));
  log_.Append(Receipt("tsa", 50));
  log_.Append(Receipt("nobody", 100));
  FillAndFreeze(200);
  rounds_.hidden = 1;
  // Of a round that was made while the audit ran.
  log_.Append(Receipt("tsa", 200));
  Fill(log_, 250);
  const AuditReport report =
      ExpectFinding(log_, FindingKind::kAnchor, "no anchored round has that tree");
  ExpectFinding(log_, FindingKind::kAnchor, "the round of that tree has no receipt by it");
  ASSERT_EQ(report.finding_count, 2);
  EXPECT_EQ(report.findings[0].index, LeafIndex(101));
  EXPECT_EQ(report.findings[1].index, LeafIndex(102));
}

TEST_F(RoundCheckTest, SaysWhichReceiptsItHasNotSeen) {
  FillAndFreeze(100);
  Auditor without(log_, policy_, store_, {});
  ASSERT_TRUE(without.Run()->sound());
  Fill(log_, 200);
  const absl::StatusOr<AuditReport> report = Run(log_);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->remarks.size(), 1);
  EXPECT_TRUE(absl::StrContains(report->remarks[0], "entries from 0 to 100"));
}

TEST_F(RoundCheckTest, AnUnreachableLogSaysNothingAgainstIt) {
  FillAndFreeze(100);
  rounds_.failure = absl::UnavailableError("the network");
  EXPECT_TRUE(absl::IsUnavailable(Run(log_).status()));
  rounds_.failure = absl::OkStatus();
  ExpectSound();
}

TEST_F(RoundCheckTest, RefusesADamagedState) {
  FillAndFreeze(100);
  FillAndFreeze(200);
  ExpectSound();
  const std::string state = **store_.ReadState();
  for (size_t cut = 0; cut < state.find("\n\n"); ++cut) {
    ASSERT_TRUE(store_.WriteState(state.substr(0, cut)).ok());
    EXPECT_TRUE(absl::IsDataLoss(Run(log_).status())) << cut;
  }
}

}  // namespace
}  // namespace cairn::witness
