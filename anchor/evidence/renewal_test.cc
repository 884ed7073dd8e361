// Receipts that later ones cover, with tokens of two real authorities, one of which loses its key.

#include "anchor/evidence/renewal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/carried.h"
#include "anchor/evidence/der.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "anchor/evidence/testing/example.h"
#include "anchor/evidence/verify.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "tests/testing/time_stamp_authority.h"

namespace cairn::evidence {
namespace {

using cairn::testing::TimeStampAuthority;
using ::testing::HasSubstr;

constexpr uint64_t kMayS = 1'714'979'289;   // 20240506070809Z
constexpr uint64_t kJuneS = 1'717'225'689;  // 20240601070809Z
constexpr uint64_t kJulyS = 1'719'817'689;  // 20240701070809Z
constexpr char kMay[] = "20240506070809Z";
constexpr char kJune[] = "20240601070809Z";
// After whatever is revoked while the test runs.
constexpr char kLate[] = "20980601070809Z";

std::string Bytes(absl::string_view hex) { return absl::HexStringToBytes(hex); }

// A response of that authority's over SHA-256 of the note, of any time.
std::string Token(TimeStampAuthority& authority, absl::string_view note, const std::string& time,
                  const std::string& signer = "tsa") {
  const Hash digest = merkle::Sha256(note);
  const std::string imprint = der::Wrap(
      der::kSequence,
      absl::StrCat(Bytes("300d06096086480165030402010500"), der::Wrap(0x04, digest.view())));
  const std::string info =
      der::Wrap(der::kSequence, absl::StrCat(Bytes("020101"), Bytes("06042a030401"), imprint,
                                             Bytes("020105"), der::Wrap(0x18, time)));
  return der::Wrap(der::kSequence,
                   absl::StrCat(Bytes("3003020100"), authority.Sign(info, {signer})));
}

class RenewalTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    a_ = new TimeStampAuthority();
    b_ = new TimeStampAuthority();
    a_->Issue("robbed", {});
  }
  static void TearDownTestSuite() {
    delete a_;
    delete b_;
  }

  RenewalTest() {
    for (const auto& [name, authority] : {std::pair("a", a_), {"b", b_}}) {
      verifiers_.push_back(
          *rfc3161::Verifier::Create({.certificates_pem = authority->Pem("root")}));
      caching_.push_back(std::make_unique<rfc3161::CachingVerifier>(verifiers_.back().get()));
      anchors_.authorities.push_back({.name = name, .time_stamps = caching_.back().get()});
    }
  }

  // The statement with a receipt of `a`'s, of May, which a later checkpoint covers.
  static Evidence Renewed(const std::string& signer, TimeStampAuthority& by,
                          const std::string& time, const std::string& by_signer = "tsa") {
    Evidence evidence = testing::MakeEvidence(testing::kSigned);
    evidence.receipts = {
        {"one", kRfc3161Kind, Token(*a_, evidence.proof.checkpoint, kMay, signer)}};
    Renew(evidence.receipts[0], 5, by, time, by_signer, evidence);
    return evidence;
  }
  // Adds a renewal of that receipt, which is over a tree of `size`.
  static void Renew(const AnchorReceipt& receipt, uint64_t size, TimeStampAuthority& by,
                    const std::string& time, const std::string& by_signer, Evidence& evidence) {
    std::vector<std::string> entries = testing::Entries();
    for (const Renewal& before : evidence.renewals) entries.push_back(before.entry);
    entries.push_back(testing::ReceiptEntry(receipt.receipt, size, receipt.anchor));
    Renewal renewal{.receipt = merkle::Sha256(receipt.receipt),
                    .entry = entries.back(),
                    .proof = testing::MakeProof(entries, entries.size() - 1),
                    .receipts = {}};
    renewal.receipts = {
        {"two", kRfc3161Kind, Token(by, renewal.proof.checkpoint, time, by_signer)}};
    evidence.renewals.push_back(std::move(renewal));
  }

  JudgedReceipts Judge(const Evidence& evidence) {
    return JudgeReceipts(
        evidence, {.anchors = anchors_, .log_key = log_key_, .policy = nullptr, .notes = notes_});
  }
  Vouched Vouch(const Evidence& evidence) { return CountAuthorities(Judge(evidence).vouching); }
  static std::string RobbedList() {
    static const std::string& list = *new std::string([] {
      a_->Revoke("robbed", "keyCompromise");
      return a_->Crl();
    }());
    return list;
  }

  static void ExpectState(const Layer& layer, State state, absl::string_view code) {
    EXPECT_EQ(layer.state, state) << layer.detail;
    EXPECT_EQ(layer.code, code) << layer.detail;
  }

  static TimeStampAuthority* a_;
  static TimeStampAuthority* b_;
  std::vector<std::unique_ptr<rfc3161::Verifier>> verifiers_;
  std::vector<std::unique_ptr<rfc3161::CachingVerifier>> caching_;
  AnchorTrust anchors_;
  std::optional<note::VerifierKey> log_key_ = testing::LogKey().verifier_key();
  NoteVerifier notes_;
};

TimeStampAuthority* RenewalTest::a_ = nullptr;
TimeStampAuthority* RenewalTest::b_ = nullptr;

TEST_F(RenewalTest, LaterAuthorityVouchesForTheEarlierNoteByItsOwnTime) {
  const Evidence evidence = Renewed("tsa", *b_, kJune);
  const JudgedReceipts judged = Judge(evidence);
  ASSERT_EQ(judged.receipts.size(), 1u);
  ExpectState(judged.receipts[0].layer, State::kProven, "token_proven");
  ASSERT_EQ(judged.layers.size(), 1u);
  EXPECT_EQ(judged.layers[0].name, "renewal 1");
  ExpectState(judged.layers[0], State::kProven, "renewal_proven");
  EXPECT_EQ(CountAuthorities(judged.vouching), (Vouched{{"a", kMayS}, {"b", kJuneS}}));
  // Read back, it is the same; and so says the whole verdict.
  const Evidence parsed = *Parse(*Format(evidence));
  EXPECT_EQ(parsed, evidence);
  VerifyOptions options;
  options.log_key = log_key_;
  options.anchors = anchors_;
  options.require.verified = 2;
  const absl::StatusOr<Report> report = Verify(parsed, options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->verified());
  EXPECT_EQ(report->vouched, (Vouched{{"a", kMayS}, {"b", kJuneS}}));
  ASSERT_NE(report->Find("renewal 1"), nullptr);
}

TEST_F(RenewalTest, RevokedReceiptIsFalseUnlessAnotherAuthorityProvedItBefore) {
  const std::string list = RobbedList();
  const auto judge = [&](Evidence evidence) {
    evidence.revocation = {list};
    return Judge(evidence);
  };
  Evidence covered = Renewed("robbed", *b_, kJune);
  const JudgedReceipts judged = judge(covered);
  ExpectState(judged.receipts[0].layer, State::kProven, "token_proven");
  EXPECT_THAT(judged.receipts[0].layer.detail, HasSubstr("revoked later, and a renewal proves"));
  EXPECT_EQ(CountAuthorities(judged.vouching), (Vouched{{"a", kMayS}, {"b", kJuneS}}));
  EXPECT_EQ(judged.layers.back().name, "revocation");
  ExpectState(judged.layers.back(), State::kClaimed, "lists_used");
  Evidence uncovered = covered;
  uncovered.renewals.clear();
  ExpectState(judge(uncovered).receipts[0].layer, State::kFalse, kTokenRevokedCode);
  // Covered, but when the key had been lost already.
  const JudgedReceipts late = judge(Renewed("robbed", *b_, kLate));
  ExpectState(late.receipts[0].layer, State::kFalse, kTokenRevokedCode);
  EXPECT_THAT(late.receipts[0].layer.detail, HasSubstr("does not show that it existed before"));
  EXPECT_EQ(CountAuthorities(late.vouching), Vouched{});
  // The same authority cannot vouch for itself, with another key either.
  ExpectState(judge(Renewed("robbed", *a_, kJune)).receipts[0].layer, State::kFalse,
              kTokenRevokedCode);
  // Nor a renewal that the log's key does not stand behind.
  log_key_.reset();
  ExpectState(judge(covered).receipts[0].layer, State::kFalse, kTokenRevokedCode);
}

TEST_F(RenewalTest, KeyThatWasGivenUpCountsOnlyWhereARenewalIsOlder) {
  const Evidence covered = Renewed("tsa", *b_, kJune);
  anchors_.authorities[0].not_after_s = kJulyS;
  const JudgedReceipts judged = Judge(covered);
  ExpectState(judged.receipts[0].layer, State::kProven, "token_proven");
  EXPECT_EQ(CountAuthorities(judged.vouching), (Vouched{{"a", kMayS}, {"b", kJuneS}}));
  // Whoever has the key can write any time: its own says nothing.
  Evidence alone = covered;
  alone.renewals.clear();
  ExpectState(Judge(alone).receipts[0].layer, State::kNotProven, kAuthorityNotAfterCode);
  EXPECT_EQ(Vouch(alone), Vouched{});
  // At that very second is not before it.
  anchors_.authorities[0].not_after_s = kJuneS;
  ExpectState(Judge(covered).receipts[0].layer, State::kNotProven, kAuthorityNotAfterCode);
  // The renewal's time is left.
  EXPECT_EQ(Vouch(covered), (Vouched{{"b", kJuneS}}));
  // Who does not stand does not cover.
  anchors_.authorities[0].not_after_s = kJulyS;
  anchors_.authorities[1].not_after_s = kJulyS;
  EXPECT_EQ(Vouch(covered), Vouched{});
}

TEST_F(RenewalTest, RenewalsAreRenewed) {
  TimeStampAuthority c;
  const auto verifier = rfc3161::Verifier::Create({.certificates_pem = c.Pem("root")});
  rfc3161::CachingVerifier caching(verifier->get());
  anchors_.authorities.push_back({.name = "c", .time_stamps = &caching});
  Evidence evidence = Renewed("tsa", *b_, kJune);
  Renew(evidence.renewals[0].receipts[0], 6, c, "20240615070809Z", "tsa", evidence);
  ASSERT_TRUE(Format(evidence).ok()) << Format(evidence).status();
  anchors_.authorities[0].not_after_s = kJulyS;
  anchors_.authorities[1].not_after_s = kJulyS;
  EXPECT_EQ(Vouch(evidence), (Vouched{{"a", kMayS}, {"b", kJuneS}, {"c", kJuneS + 14 * 86'400}}));
  anchors_.authorities[2].not_after_s = kJulyS;
  EXPECT_EQ(Vouch(evidence), Vouched{});
}

TEST_F(RenewalTest, WhatDoesNotHoldTogetherIsFalseAndCoversNothing) {
  const Evidence good = Renewed("tsa", *b_, kJune);
  const auto expect_false = [&](const Evidence& evidence, absl::string_view code) {
    const JudgedReceipts judged = Judge(evidence);
    ExpectState(judged.layers[0], State::kFalse, code);
    EXPECT_EQ(CountAuthorities(judged.vouching), (Vouched{{"a", kMayS}})) << code;
  };
  Evidence bad = good;
  bad.renewals[0].entry = testing::ReceiptEntry(bad.receipts[0].receipt, 4, "one");
  expect_false(bad, "renewal_other_size");
  bad = good;
  bad.renewals[0].proof.index = LeafIndex(6);
  expect_false(bad, "renewal_not_included");
  bad.renewals[0].proof.index = LeafIndex(4);
  expect_false(bad, "renewal_before_tree");
  bad = good;
  std::vector<std::string> entries = testing::Entries();
  entries.push_back(good.renewals[0].entry);
  bad.renewals[0].proof = testing::MakeProof(entries, 5, testing::OtherKey("other.example/log"));
  expect_false(bad, "renewal_other_log");
  bad = good;
  bad.renewals[0].proof = testing::MakeProof(entries, 5, testing::OtherKey(testing::kOrigin));
  expect_false(bad, "renewal_log_signature");
  bad = good;
  bad.renewals[0].receipts[0].receipt.back() ^= 1;
  ExpectState(Judge(bad).layers[0], State::kFalse, "renewal_receipt_false");
  log_key_.reset();
  ExpectState(Judge(good).layers[0], State::kNotProven, "renewal_no_log_key");
}

TEST_F(RenewalTest, WithoutAnAuthorityOfTheVerifiersItIsClaimed) {
  const Evidence evidence = Renewed("tsa", *b_, kJune);
  anchors_.authorities.pop_back();
  ExpectState(Judge(evidence).layers[0], State::kClaimed, "renewal_claimed");
  EXPECT_EQ(Vouch(evidence), (Vouched{{"a", kMayS}}));
}

TEST_F(RenewalTest, ListThatNobodyHereSignedIsNamedAsUnused) {
  Evidence evidence = Renewed("tsa", *b_, kJune);
  evidence.revocation = testing::MakeVersion2Evidence().revocation;
  const JudgedReceipts judged = Judge(evidence);
  ExpectState(judged.receipts[0].layer, State::kProven, "token_proven");
  ExpectState(judged.layers.back(), State::kClaimed, "lists_unused");
  evidence.revocation = {std::string("\x30\x00", 2)};
  ExpectState(Judge(evidence).layers.back(), State::kFalse, "lists_malformed");
}

TEST_F(RenewalTest, RunAndCommitmentsAreJudgedForWhatTheyAre) {
  const Evidence evidence = testing::MakeVersion2Evidence();
  ExpectState(JudgeRun(evidence, log_key_, notes_), State::kProven, "run_included");
  ExpectState(JudgeRun(evidence, std::nullopt, notes_), State::kNotProven, "run_no_log_key");
  Evidence bad = evidence;
  bad.run->record += " ";
  ExpectState(JudgeRun(bad, log_key_, notes_), State::kFalse, "run_other_record");
  bad = evidence;
  bad.run->proof.index = LeafIndex(5);
  ExpectState(JudgeRun(bad, log_key_, notes_), State::kFalse, "run_not_included");
  bad = evidence;
  bad.entry = testing::Entries()[testing::kUnsigned];
  ExpectState(JudgeRun(bad, log_key_, notes_), State::kFalse, "run_other_trace");
  ExpectState(JudgeCommitments(evidence, Hash{}), State::kClaimed, "commitments_not_checked");
  VerifyOptions options;
  options.log_key = log_key_;
  const absl::StatusOr<Report> report = Verify(evidence, options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->verified()) << report->reasons[0];
  for (const char* name : {"renewal 1", "revocation", "run", "commitments"}) {
    EXPECT_NE(report->Find(name), nullptr) << name;
  }
}

// The same by Python's hmac: docs/formats.md has it.
TEST(Commitment, HasItsPublishedValue) {
  const Evidence evidence = testing::MakeVersion2Evidence();
  EXPECT_EQ(CommitmentOf(evidence.commitments[0]).Hex(),
            "ef503574e5406526cfcfe555227cf0767e14dc20495b44e5ce54f1c49736719f");
  EXPECT_EQ(CommitmentOf(evidence.commitments[1]).Hex(),
            "b85dca68f413a6dcb2087dcf1a0d6b9a62f5d4e32e4fb46a96a178d7d3110987");
}

}  // namespace
}  // namespace cairn::evidence
