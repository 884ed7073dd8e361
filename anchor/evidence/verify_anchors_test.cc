// Evidence with receipts: what proves a time, and what does not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/note_verifier.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/evidence/rfc3161.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "anchor/evidence/testing/bitcoin_chain.h"
#include "anchor/evidence/testing/example.h"
#include "anchor/evidence/verify.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/note.h"
#include "merkle/note/policy.h"
#include "tests/testing/time_stamp_authority.h"

namespace cairn::evidence {
namespace {

using ::testing::HasSubstr;

class VerifyAnchors : public ::testing::Test {
 protected:
  // One authority for all tests: making its keys is what takes time.
  static cairn::testing::TimeStampAuthority& Authority() {
    static cairn::testing::TimeStampAuthority authority;
    return authority;
  }

  VerifyAnchors() {
    evidence_.receipts.clear();
    roots_ = *rfc3161::Verifier::Create({.certificates_pem = Authority().Pem("root")});
    time_stamps_ = std::make_unique<rfc3161::CachingVerifier>(roots_.get());
    options_.log_key = testing::LogKey().verifier_key();
    options_.anchors = {.time_stamps = time_stamps_.get(), .headers = &chain_};
  }

  static Hash DigestOf(const Evidence& evidence) {
    return merkle::Sha256(evidence.proof.checkpoint);
  }
  static AnchorReceipt TimeStamp(const Hash& digest, const std::string& name = "tsa") {
    const std::string request = *rfc3161::MakeRequest(digest);
    return {name, kRfc3161Kind, *rfc3161::FormatReceipt({.response = Authority().Reply(request)})};
  }
  // In a block of the chain, `depth` deep.
  AnchorReceipt Bitcoin(const Hash& digest, size_t depth, const std::string& name = "ots") {
    const uint64_t height = chain_.Mine(digest);
    chain_.Mine(depth - 1);
    ots::File file{.digest = std::string(digest.view())};
    file.timestamp.attestations = {ots::Attestation::Bitcoin(height)};
    return {name, kOpenTimestampsKind, *ots::Format(file)};
  }
  Report Judge(const Evidence& evidence) const { return *Verify(evidence, options_); }
  static const Layer& Find(const Report& report, const std::string& name) {
    for (const Layer& layer : report.layers) {
      if (layer.name == name) return layer;
    }
    ADD_FAILURE() << "no layer " << name;
    return report.layers.front();
  }
  void ExpectReason(const Evidence& evidence, const std::string& reason) const {
    const Report report = Judge(evidence);
    EXPECT_FALSE(report.verified());
    EXPECT_THAT(report.reasons, ::testing::Contains(HasSubstr(reason)));
  }

  Evidence evidence_ = testing::MakeEvidence(testing::kSigned);
  testing::BitcoinChain chain_;
  std::unique_ptr<rfc3161::Verifier> roots_;
  std::unique_ptr<rfc3161::CachingVerifier> time_stamps_;
  VerifyOptions options_;
};

TEST_F(VerifyAnchors, ProvesTheEarliestTimeOfAll) {
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6), TimeStamp(DigestOf(evidence_))};
  options_.require = Requirement::kVerified;
  options_.anchors_needed = 2;
  const Report report = Judge(evidence_);
  EXPECT_TRUE(report.verified()) << report.reasons.at(0);
  EXPECT_EQ(Find(report, "anchor ots").state, State::kProven);
  EXPECT_EQ(Find(report, "anchor tsa").state, State::kProven);
  EXPECT_EQ(Find(report, "time").state, State::kProven);
  EXPECT_EQ(report.existed_by_s, chain_.At(testing::BitcoinChain::kFirst + 1)->time_s);
  EXPECT_EQ(*Parse(*Format(evidence_)), evidence_);
}

TEST_F(VerifyAnchors, AsksForWhatIsRequired) {
  for (const Requirement require : {Requirement::kAnchored, Requirement::kVerified}) {
    options_.require = require;
    ExpectReason(evidence_, "anchors: 0 receipts");
  }
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 5), TimeStamp(DigestOf(evidence_))};
  options_.anchors_needed = 2;
  // Five deep is in the chain, and not deep enough.
  ExpectReason(evidence_, "anchors: 2 receipts, 2 accepted, 1 verified here; 2 needed");
  options_.require = Requirement::kAnchored;
  EXPECT_TRUE(Judge(evidence_).verified());
  chain_.Mine(1);
  options_.require = Requirement::kVerified;
  EXPECT_TRUE(Judge(evidence_).verified());
}

TEST_F(VerifyAnchors, ProvesNothingWithoutTrustAnchorsOfTheVerifiersOwn) {
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6), TimeStamp(DigestOf(evidence_))};
  options_.anchors = {};
  options_.require = Requirement::kVerified;
  const Report report = Judge(evidence_);
  EXPECT_FALSE(report.verified());
  EXPECT_EQ(report.existed_by_s, std::nullopt);
  for (const std::string name : {"anchor ots", "anchor tsa"}) {
    EXPECT_EQ(Find(report, name).state, State::kNotProven);
    EXPECT_THAT(Find(report, name).detail, HasSubstr("needs "));
  }
  options_.require = Requirement::kIncluded;
  EXPECT_TRUE(Judge(evidence_).verified());
}

TEST_F(VerifyAnchors, TakesNoReceiptOfAnotherNote) {
  // Another log's, a smaller tree's, and this text before it had all of its signatures.
  std::vector<std::string> others = {
      testing::MakeEvidence(testing::kSigned, testing::OtherKey("log.example/other"))
          .proof.checkpoint};
  note::Note fewer = *note::ParseNote(evidence_.proof.checkpoint);
  const note::SignerKey witness =
      *note::GenerateSignerKey("w.example", note::KeyType::kCosignature);
  others.push_back(evidence_.proof.checkpoint);
  fewer.signatures.push_back({.key_name = witness.name(),
                              .key_id = witness.verifier_key().id(),
                              .signature = *note::Cosign(witness, 1'700'000'000, fewer.text)});
  evidence_.proof.checkpoint = *note::FormatNote(fewer);
  options_.require = Requirement::kVerified;
  for (const std::string& other : others) {
    evidence_.receipts = {TimeStamp(merkle::Sha256(other))};
    ExpectReason(evidence_, "anchor tsa: ");
    EXPECT_EQ(Find(Judge(evidence_), "anchor tsa").state, State::kFalse);
    evidence_.receipts = {Bitcoin(merkle::Sha256(other), 6)};
    ExpectReason(evidence_, "anchor ots: ");
    EXPECT_EQ(Find(Judge(evidence_), "anchor ots").state, State::kFalse);
  }
  evidence_.receipts = {TimeStamp(DigestOf(evidence_))};
  EXPECT_TRUE(Judge(evidence_).verified());
}

TEST_F(VerifyAnchors, ProvesNoTimeOfAnEntryThatIsNotInTheTree) {
  evidence_.receipts = {TimeStamp(DigestOf(evidence_))};
  evidence_.entry = testing::MakeEvidence(testing::kUnsigned).entry;
  const Report report = Judge(evidence_);
  EXPECT_EQ(Find(report, "inclusion").state, State::kFalse);
  EXPECT_EQ(Find(report, "anchor tsa").state, State::kProven);
  EXPECT_EQ(Find(report, "time").state, State::kNotProven);
  EXPECT_EQ(report.existed_by_s, std::nullopt);
}

TEST_F(VerifyAnchors, SeesAReorganisation) {
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6)};
  options_.require = Requirement::kVerified;
  EXPECT_TRUE(Judge(evidence_).verified());
  chain_.Reorganise(6);
  ExpectReason(evidence_, "anchor ots: ");
}

TEST_F(VerifyAnchors, NoWitnessQuorumAndNoUnknownKindIsAnAnchor) {
  const note::SignerKey witness =
      *note::GenerateSignerKey("w.example", note::KeyType::kCosignature);
  note::Note note = *note::ParseNote(evidence_.proof.checkpoint);
  note.signatures.push_back({.key_name = witness.name(),
                             .key_id = witness.verifier_key().id(),
                             .signature = *note::Cosign(witness, 1'700'000'000, note.text)});
  evidence_.proof.checkpoint = *note::FormatNote(note);
  options_.policy = std::make_shared<note::Policy>(*note::Policy::Parse(
      absl::StrCat("witness w ", witness.verifier_key().Format(), "\nquorum w\n")));
  evidence_.receipts = {{"friend", "witness", "cosigned by a friend"}};
  options_.require = Requirement::kWitnessed;
  EXPECT_TRUE(Judge(evidence_).verified());
  // The quorum proves a time, and is no anchor.
  EXPECT_EQ(Judge(evidence_).existed_by_s, 1'700'000'001);
  for (const Requirement require : {Requirement::kAnchored, Requirement::kVerified}) {
    options_.require = require;
    ExpectReason(evidence_, "anchors: 1 receipt, 0 accepted, 0 verified");
  }
  options_.policy = nullptr;
  options_.require = Requirement::kWitnessed;
  ExpectReason(evidence_, "witnesses: no policy given");
}

TEST_F(VerifyAnchors, AKeyThatWasGivenUpNeedsAnAnchorOfBefore) {
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6)};
  const uint64_t mined_s = chain_.At(testing::BitcoinChain::kFirst + 1)->time_s;
  options_.log_key_not_after_s = mined_s;
  EXPECT_TRUE(Judge(evidence_).verified());
  options_.log_key_not_after_s = mined_s - 1;
  ExpectReason(evidence_, "checkpoint: ");
  options_.log_key_not_after_s = mined_s;
  evidence_.receipts.clear();
  ExpectReason(evidence_, "no anchor proves that the checkpoint existed by then");
}

// Every other value of a byte; or only two: the letter A or B, and the byte with one bit changed.
std::vector<char> OtherValues(char byte, int count) {
  if (count == 2) return {byte == 'A' ? 'B' : 'A', static_cast<char>(byte ^ 1)};
  std::vector<char> others;
  for (int value = 1; value <= count; ++value) others.push_back(static_cast<char>(byte ^ value));
  return others;
}

void ExpectSameClaims(const Report& report, const Report& original, size_t at) {
  // The names of anchors, and what OpenSSL lets stand in a token, are covered by nothing.
  EXPECT_EQ(report.existed_by_s, original.existed_by_s) << at;
  EXPECT_EQ(report.claim.statement, original.claim.statement) << at;
  EXPECT_EQ(report.claim.index, original.claim.index) << at;
  EXPECT_EQ(report.claim.root, original.claim.root) << at;
  EXPECT_EQ(report.claim.accepted_at_ms, original.claim.accepted_at_ms) << at;
}

// Whatever one byte is changed to, nothing is claimed or proven that was not before.
TEST_F(VerifyAnchors, NoChangeOfOneByteProvesAnythingElse) {
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6), TimeStamp(DigestOf(evidence_))};
  options_.require = Requirement::kVerified;
  options_.anchors_needed = 2;
  const std::string bytes = *Format(evidence_);
  const Report original = Judge(evidence_);
  NoteVerifier notes;
  options_.notes = &notes;
  size_t uncovered = 0;
  // All other values of each byte take minutes.
  const int values = std::getenv("CAIRN_LONG") != nullptr ? 255 : 2;
  for (size_t at = 0; at < bytes.size(); ++at) {
    bool covered = true;
    for (const char other : OtherValues(bytes[at], values)) {
      std::string mutant = bytes;
      mutant[at] = other;
      const absl::StatusOr<Evidence> parsed = Parse(mutant);
      if (!parsed.ok()) continue;
      const absl::StatusOr<Report> report = Verify(*parsed, options_);
      if (!report.ok() || !report->verified()) continue;
      covered = false;
      ExpectSameClaims(*report, original, at);
    }
    uncovered += covered ? 0 : 1;
  }
  RecordProperty("uncovered_bytes", static_cast<int>(uncovered));
  std::cout << "bytes that no layer covers: " << uncovered << " of " << bytes.size() << "\n";
  EXPECT_LT(uncovered, bytes.size() / 20);
}

}  // namespace
}  // namespace cairn::evidence
