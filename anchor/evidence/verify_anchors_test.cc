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
#include "anchor/evidence/anchors.h"
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

// A token's signing key, to be judged without making keys by the dozen.
JudgedReceipt Vouching(const std::string& authority, const std::string& signer, uint64_t at_s) {
  JudgedReceipt judged;
  judged.layer.Judge(State::kProven, "token_proven");
  judged.authority = authority;
  if (!signer.empty()) judged.signer_key = merkle::Sha256(signer);
  judged.existed_by_s = at_s;
  return judged;
}

TEST(CountAuthorities, CountsEachOnceWithItsLeastTime) {
  EXPECT_EQ(CountAuthorities({}), Vouched());
  EXPECT_EQ(CountAuthorities({Vouching("a", "k", 7), Vouching("a", "l", 5), Vouching("b", "m", 9),
                              Vouching("bitcoin", "", 3), Vouching("bitcoin", "", 4)}),
            (Vouched{{"a", 5}, {"b", 9}, {"bitcoin", 3}}));
}

TEST(CountAuthorities, OneSigningKeyCountsForTheFirstAuthorityByName) {
  EXPECT_EQ(CountAuthorities({Vouching("b", "k", 5), Vouching("a", "k", 7)}), (Vouched{{"a", 7}}));
  EXPECT_EQ(
      CountAuthorities({Vouching("b", "k", 5), Vouching("a", "k", 7), Vouching("b", "other", 9)}),
      (Vouched{{"a", 7}, {"b", 9}}));
}

TEST(AnchorBound, IsTheNthSmallestOfTheAuthorities) {
  const Vouched vouched = {{"a", 30}, {"b", 10}, {"c", 20}};
  EXPECT_EQ(AnchorBound(vouched, 1), 10u);
  EXPECT_EQ(AnchorBound(vouched, 2), 20u);
  EXPECT_EQ(AnchorBound(vouched, 3), 30u);
  EXPECT_EQ(AnchorBound(vouched, 4), std::nullopt);
  EXPECT_EQ(AnchorBound(vouched, 0), std::nullopt);
  EXPECT_EQ(AnchorBound({}, 1), std::nullopt);
}

class VerifyAnchors : public ::testing::Test {
 protected:
  // Two authorities for all tests: making their keys is what takes time.
  static cairn::testing::TimeStampAuthority& Authority() {
    static cairn::testing::TimeStampAuthority authority;
    return authority;
  }
  static cairn::testing::TimeStampAuthority& Other() {
    static cairn::testing::TimeStampAuthority authority;
    return authority;
  }

  VerifyAnchors() {
    evidence_.receipts.clear();
    options_.log_key = testing::LogKey().verifier_key();
    Trust({"tsa"});
  }

  // These authorities: `tsa` is the first, any other the second.
  void Trust(const std::vector<std::string>& names) {
    options_.anchors = {.headers = &chain_};
    roots_.clear();
    time_stamps_.clear();
    for (const std::string& name : names) {
      roots_.push_back(*rfc3161::Verifier::Create(
          {.certificates_pem = (name == "tsa" ? Authority() : Other()).Pem("root")}));
      time_stamps_.push_back(std::make_unique<rfc3161::CachingVerifier>(roots_.back().get()));
      options_.anchors.authorities.push_back({name, time_stamps_.back().get()});
    }
  }

  static Hash DigestOf(const Evidence& evidence) {
    return merkle::Sha256(evidence.proof.checkpoint);
  }
  static AnchorReceipt TimeStamp(const Hash& digest, const std::string& name = "tsa",
                                 cairn::testing::TimeStampAuthority& authority = Authority()) {
    const std::string request = *rfc3161::MakeRequest(digest);
    return {name, kRfc3161Kind, *rfc3161::FormatReceipt({.response = authority.Reply(request)})};
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
    const Layer* const layer = report.Find(name);
    if (layer != nullptr) return *layer;
    ADD_FAILURE() << "no layer " << name;
    return report.layers.front();
  }
  void ExpectReason(const Evidence& evidence, const std::string& reason) const {
    const Report report = Judge(evidence);
    EXPECT_FALSE(report.verified());
    EXPECT_THAT(report.reasons, ::testing::Contains(HasSubstr(reason)));
  }
  static void ExpectLayer(const Report& report, const std::string& name, State state,
                          const std::string& code) {
    const Layer& layer = Find(report, name);
    EXPECT_EQ(StateName(layer.state), StateName(state)) << name << ": " << layer.detail;
    EXPECT_EQ(layer.code, code) << name << ": " << layer.detail;
  }
  uint64_t MinedAtS() { return chain_.At(testing::BitcoinChain::kFirst + 1)->time_s; }

  Evidence evidence_ = testing::MakeEvidence(testing::kSigned);
  testing::BitcoinChain chain_;
  std::vector<std::unique_ptr<rfc3161::Verifier>> roots_;
  std::vector<std::unique_ptr<rfc3161::CachingVerifier>> time_stamps_;
  VerifyOptions options_;
};

TEST_F(VerifyAnchors, TheAnchorBoundIsTheNthSmallestTimeOfAuthorities) {
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6), TimeStamp(DigestOf(evidence_))};
  // The block is older than what the operator claims.
  Report report = Judge(evidence_);
  ExpectLayer(report, "anchor bound", State::kNotProven, "contradicted");
  EXPECT_EQ(report.anchor_bound_s, std::nullopt);
  EXPECT_TRUE(report.verified()) << "nobody is convicted";
  options_.require.verified = 2;
  report = Judge(evidence_);
  EXPECT_TRUE(report.verified()) << report.reasons.at(0);
  EXPECT_EQ(report.headline,
            "included; NOT witnessed; verified by 2 authorities (bitcoin, tsa); certifier not "
            "proven; no record given");
  ExpectLayer(report, "anchor ots", State::kProven, "block_proven");
  ExpectLayer(report, "anchor tsa", State::kProven, "token_proven");
  ExpectLayer(report, "anchors", State::kProven, "enough");
  ExpectLayer(report, "anchor bound", State::kProven, "bound");
  EXPECT_EQ(report.vouched.at("bitcoin"), MinedAtS() + 7200);
  EXPECT_EQ(report.anchor_bound_s, report.vouched.at("tsa"));
  EXPECT_EQ(report.witness_bound_s, std::nullopt);
  EXPECT_EQ(*Parse(*Format(evidence_)), evidence_);
}

TEST_F(VerifyAnchors, AsksForWhatIsRequired) {
  options_.require.verified = 1;
  ExpectReason(evidence_, "anchors: 0 authorities vouch, 1 needed; 0 receipts");
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 5), TimeStamp(DigestOf(evidence_))};
  options_.require.verified = 2;
  // Five deep is in the chain, and not deep enough.
  ExpectReason(evidence_, "anchors: 1 authority vouches (tsa), 2 needed; 2 receipts");
  ExpectLayer(Judge(evidence_), "anchor ots", State::kNotProven, "block_not_deep");
  EXPECT_THAT(Judge(evidence_).headline, HasSubstr("; verified by 1 authority (tsa), 2 needed; "));
  chain_.Mine(1);
  EXPECT_TRUE(Judge(evidence_).verified());
}

// How often and under which names a file has it makes no difference.
TEST_F(VerifyAnchors, OneAuthorityVouchesOnce) {
  const AnchorReceipt receipt = TimeStamp(DigestOf(evidence_));
  for (int i = 10; i < 26; ++i) {
    evidence_.receipts.push_back({absl::StrCat("a", i), receipt.kind, receipt.receipt});
  }
  ASSERT_EQ(evidence_.receipts.size(), kMaxReceipts);
  EXPECT_THAT(Judge(evidence_).headline, HasSubstr("; verified by 1 authority (tsa); "));
  options_.require.verified = 2;
  ExpectReason(evidence_, "anchors: 1 authority vouches (tsa), 2 needed; 16 receipts");
  // Another token of its own makes no other authority of it, nor does its block a second one.
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6, "b1"),
                        Bitcoin(DigestOf(evidence_), 6, "b2"), TimeStamp(DigestOf(evidence_), "t1"),
                        TimeStamp(DigestOf(evidence_), "t2")};
  EXPECT_TRUE(Judge(evidence_).verified());
  options_.require.verified = 3;
  ExpectReason(evidence_, "anchors: 2 authorities vouch (bitcoin, tsa), 3 needed; 4 receipts");
  Trust({"tsa", "ztsa"});
  evidence_.receipts.push_back(TimeStamp(DigestOf(evidence_), "z", Other()));
  EXPECT_THAT(Judge(evidence_).headline,
              HasSubstr("; verified by 3 authorities (bitcoin, tsa, ztsa); "));
}

TEST_F(VerifyAnchors, AuthoritiesShareNoRootAndNoName) {
  const auto tsa = *rfc3161::Verifier::Create({.certificates_pem = Authority().Pem("root")});
  const auto other = *rfc3161::Verifier::Create({.certificates_pem = Other().Pem("root")});
  const auto both = *rfc3161::Verifier::Create(
      {.certificates_pem = Other().Pem("root") + Authority().Pem("root")});
  const auto code = [](const std::vector<std::pair<std::string, const rfc3161::Verifier*>>& named) {
    return CheckAuthorities(named).code();
  };
  constexpr auto kBad = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(code({{"a", tsa.get()}, {"b", other.get()}}), absl::StatusCode::kOk);
  EXPECT_EQ(code({{"a", tsa.get()}, {"b", both.get()}}), kBad);
  EXPECT_EQ(code({{"a", tsa.get()}, {"b", tsa.get()}}), kBad);
  EXPECT_EQ(code({{"a", tsa.get()}, {"a", other.get()}}), kBad);
  for (const std::string name : {"bitcoin", "", "a b", std::string(65, 'a').c_str()}) {
    EXPECT_EQ(code({{name, tsa.get()}}), kBad) << name;
  }
}

TEST_F(VerifyAnchors, ProvesNothingWithoutTrustAnchorsOfTheVerifiersOwn) {
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6), TimeStamp(DigestOf(evidence_))};
  options_.anchors = {};
  options_.require.verified = 1;
  const Report report = Judge(evidence_);
  EXPECT_FALSE(report.verified());
  EXPECT_EQ(report.anchor_bound_s, std::nullopt);
  ExpectLayer(report, "anchor ots", State::kClaimed, "no_headers");
  ExpectLayer(report, "anchor tsa", State::kClaimed, "no_authority");
  EXPECT_THAT(report.headline, HasSubstr("; NOT verified; "));
  options_.require.verified = 0;
  EXPECT_TRUE(Judge(evidence_).verified());
}

TEST_F(VerifyAnchors, SaysWhatIsMissing) {
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6), TimeStamp(DigestOf(evidence_))};
  // A stranger's roots, though named alike; a source that does not reach so far.
  Trust({"other"});
  chain_.Forget(6);
  Report report = Judge(evidence_);
  ExpectLayer(report, "anchor tsa", State::kClaimed, "other_authority");
  ExpectLayer(report, "anchor ots", State::kNotProven, "block_unknown");
  ots::File pending{.digest = std::string(DigestOf(evidence_).view())};
  pending.timestamp.attestations = {*ots::Attestation::Pending("https://calendar.example")};
  evidence_.receipts = {{"ots", kOpenTimestampsKind, *ots::Format(pending)}};
  ExpectLayer(Judge(evidence_), "anchor ots", State::kNotProven, "no_block_yet");
  evidence_.receipts = {{"x", "evm", "a receipt of tomorrow"}};
  ExpectLayer(Judge(evidence_), "anchor x", State::kClaimed, "kind_unknown");
}

TEST_F(VerifyAnchors, InsideOneProofOneBlockThatHoldsIsEnough) {
  const Hash digest = DigestOf(evidence_);
  const uint64_t holds = chain_.Mine(digest);
  chain_.Mine(9);
  const auto with = [&](std::vector<uint64_t> heights) {
    ots::File file{.digest = std::string(digest.view())};
    for (const uint64_t height : heights) {
      file.timestamp.attestations.push_back(ots::Attestation::Bitcoin(height));
    }
    Evidence evidence = evidence_;
    evidence.receipts = {{"ots", kOpenTimestampsKind, *ots::Format(file)}};
    return Judge(evidence);
  };
  ExpectLayer(with({holds, holds + 1}), "anchor ots", State::kProven, "block_proven");
  ExpectLayer(with({holds, 999'999}), "anchor ots", State::kProven, "block_proven");
  // All can be judged, and none holds; or one cannot.
  ExpectLayer(with({holds + 1, holds + 2}), "anchor ots", State::kFalse, "block_contradicts");
  ExpectLayer(with({holds + 1, 999'999}), "anchor ots", State::kNotProven, "block_unknown");
}

TEST_F(VerifyAnchors, ATimeThatIsLaterThanNowCountsForNothing) {
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6), TimeStamp(DigestOf(evidence_))};
  options_.anchors.now_s = MinedAtS() - 61;
  const Report report = Judge(evidence_);
  ExpectLayer(report, "anchor ots", State::kNotProven, "later_than_now");
  ExpectLayer(report, "anchor tsa", State::kNotProven, "later_than_now");
  EXPECT_TRUE(report.vouched.empty());
  options_.anchors.now_s = MinedAtS() - 60;
  EXPECT_EQ(Judge(evidence_).vouched.count("bitcoin"), 1u);
}

TEST_F(VerifyAnchors, AFalseReceiptFailsTheFileHoweverManyVouch) {
  const AnchorReceipt good = TimeStamp(DigestOf(evidence_));
  AnchorReceipt bad = TimeStamp(merkle::Sha256("another note"), "a-false-one");
  evidence_.receipts = {bad, good};
  const Report report = Judge(evidence_);
  EXPECT_FALSE(report.verified());
  ExpectLayer(report, "anchor a-false-one", State::kFalse, "token_false");
  ExpectLayer(report, "anchors", State::kProven, "enough");
  EXPECT_THAT(report.headline, ::testing::StartsWith("FALSE: anchor a-false-one; included; "));
  // The one edit that makes more of a file: it is then the file that it would have been.
  evidence_.receipts = {good};
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
  options_.require.verified = 1;
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
  ExpectLayer(report, "anchor bound", State::kNotProven, "not_included");
  EXPECT_EQ(report.anchor_bound_s, std::nullopt);
}

TEST_F(VerifyAnchors, SeesAReorganisation) {
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6)};
  options_.require.verified = 1;
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
                             .signature = *note::Cosign(witness, 1'780'000'000, note.text)});
  evidence_.proof.checkpoint = *note::FormatNote(note);
  options_.policy = std::make_shared<note::Policy>(*note::Policy::Parse(
      absl::StrCat("witness w ", witness.verifier_key().Format(), "\nquorum w\n")));
  evidence_.receipts = {{"friend", "witness", "cosigned by a friend"}};
  options_.require.witnessed = true;
  EXPECT_TRUE(Judge(evidence_).verified());
  // The quorum proves a time, and is no anchor.
  EXPECT_EQ(Judge(evidence_).witness_bound_s, 1'780'000'001);
  EXPECT_EQ(Judge(evidence_).anchor_bound_s, std::nullopt);
  options_.require.verified = 1;
  ExpectReason(evidence_, "anchors: 0 authorities vouch, 1 needed; 1 receipt");
  options_.policy = nullptr;
  ExpectReason(evidence_, "witnesses: no policy given");
}

TEST_F(VerifyAnchors, AKeyThatWasGivenUpNeedsAnAnchorOfBefore) {
  evidence_.receipts = {TimeStamp(DigestOf(evidence_))};
  const uint64_t stamped_s = *Judge(evidence_).anchor_bound_s;
  options_.log_key_not_after_s = stamped_s;
  EXPECT_TRUE(Judge(evidence_).verified());
  options_.log_key_not_after_s = stamped_s - 1;
  ExpectReason(evidence_, "checkpoint: ");
  ExpectLayer(Judge(evidence_), "checkpoint", State::kNotProven, "key_given_up");
  EXPECT_THAT(Judge(evidence_).headline, ::testing::StartsWith("NOT included; "));
  options_.log_key_not_after_s = stamped_s;
  // One that the operator's own time contradicts proves none.
  evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6)};
  ExpectReason(evidence_, "no anchor bound proves that the checkpoint existed by then");
  evidence_.receipts.clear();
  ExpectReason(evidence_, "no anchor bound proves that the checkpoint existed by then");
}

// Every other value of a byte; or only two: the letter A or B, and the byte with one bit changed.
std::vector<char> OtherValues(char byte, int count) {
  if (count == 2) return {byte == 'A' ? 'B' : 'A', static_cast<char>(byte ^ 1)};
  std::vector<char> others;
  for (int value = 1; value <= count; ++value) others.push_back(static_cast<char>(byte ^ value));
  return others;
}

// Nothing that `report` proves is more than what `original` did: no layer, no authority, no earlier
// time; and what is claimed is the same.
void ExpectNothingMore(const Report& report, const Report& original, const std::string& what) {
  EXPECT_EQ(report.claim.statement, original.claim.statement) << what;
  EXPECT_EQ(report.claim.index, original.claim.index) << what;
  EXPECT_EQ(report.claim.root, original.claim.root) << what;
  EXPECT_EQ(report.claim.accepted_at_ms, original.claim.accepted_at_ms) << what;
  for (const Layer& layer : report.layers) {
    // The names of receipts are the file's own words.
    if (layer.state != State::kProven || absl::StartsWith(layer.name, "anchor ")) continue;
    const Layer* const before = original.Find(layer.name);
    EXPECT_TRUE(before != nullptr && before->state == State::kProven) << what << layer.name;
  }
  for (const auto& [authority, at_s] : report.vouched) {
    const auto before = original.vouched.find(authority);
    ASSERT_TRUE(before != original.vouched.end()) << what << authority;
    EXPECT_GE(at_s, before->second) << what;
  }
  for (const auto& [now, before] : {std::pair(report.anchor_bound_s, original.anchor_bound_s),
                                    {report.witness_bound_s, original.witness_bound_s}}) {
    if (!now.has_value()) continue;
    EXPECT_GE(*now, before.value_or(UINT64_MAX)) << what;
  }
}

// Sound evidence with all there is: three cosignatures of which two are needed, two authorities.
class Edits : public VerifyAnchors {
 protected:
  Edits() {
    evidence_ = testing::MakeFullEvidence(1'790'000'000);
    options_.policy = testing::FullPolicy();
    options_.certifier_keys = {
        {testing::kCertifier, {{.key = testing::CertifierKey().verifier_key().public_key()}}}};
    evidence_.receipts = {Bitcoin(DigestOf(evidence_), 6), TimeStamp(DigestOf(evidence_))};
    options_.require.verified = 2;
    options_.notes = &notes_;
    original_ = Judge(evidence_);
    EXPECT_TRUE(original_.verified());
  }

  void ExpectNoMore(const Evidence& edited, const std::string& what) const {
    const absl::StatusOr<Report> report = Verify(edited, options_);
    ASSERT_TRUE(report.ok()) << what << report.status();
    ExpectNothingMore(*report, original_, what + ": ");
  }
  void ExpectFails(const Evidence& edited, const std::string& what) const {
    ExpectNoMore(edited, what);
    EXPECT_FALSE(Judge(edited).verified()) << what;
  }
  // With another note.
  Evidence With(const note::Note& note) const {
    Evidence edited = evidence_;
    edited.proof.checkpoint = *note::FormatNote(note);
    return edited;
  }

  NoteVerifier notes_;
  Report original_;
};

TEST_F(Edits, OfReceiptsMakeNothingMore) {
  const AnchorReceipt btc = evidence_.receipts[0], tsa = evidence_.receipts[1];
  Evidence edited = evidence_;
  for (int i = 10; edited.receipts.size() < kMaxReceipts; ++i) {
    edited.receipts.push_back({absl::StrCat("z", i), tsa.kind, tsa.receipt});
  }
  ExpectNoMore(edited, "duplicated");
  edited.receipts = {{"bitcoin", btc.kind, btc.receipt}, {"other", tsa.kind, tsa.receipt}};
  ExpectNoMore(edited, "renamed");
  edited.receipts = {{"a", tsa.kind, tsa.receipt}, {"b", btc.kind, btc.receipt}};
  ExpectNoMore(edited, "swapped");
  for (const AnchorReceipt& kept : {btc, tsa}) {
    edited.receipts = {kept};
    ExpectFails(edited, "one taken out");
  }
  edited.receipts = {{"a", tsa.kind, btc.receipt}, {"b", btc.kind, tsa.receipt}};
  ExpectFails(edited, "kinds swapped");
  edited.receipts = {btc, tsa, {"z", "evm", tsa.receipt}};
  ExpectNoMore(edited, "one of another kind");
  edited.receipts = {btc, {"tsa", tsa.kind, tsa.receipt + tsa.receipt}};
  ExpectFails(edited, "extended");
}

TEST_F(Edits, OfTheNotesLinesMakeNothingMore) {
  const note::Note sound = *note::ParseNote(evidence_.proof.checkpoint);
  const size_t lines = sound.signatures.size();
  ASSERT_EQ(lines, 4u);
  for (size_t i = 0; i < lines; ++i) {
    note::Note edited = sound;
    edited.signatures.erase(edited.signatures.begin() + static_cast<ptrdiff_t>(i));
    ExpectFails(With(edited), absl::StrCat("without line ", i));
    // Sound by itself, but not the note that was pinned.
    Evidence without_receipts = With(edited);
    without_receipts.receipts.clear();
    ExpectNoMore(without_receipts, absl::StrCat("without line ", i, " and receipts"));
    edited = sound;
    edited.signatures.push_back(edited.signatures[i]);
    ExpectFails(With(edited), absl::StrCat("line ", i, " twice"));
    for (size_t j = i + 1; j < lines; ++j) {
      edited = sound;
      std::swap(edited.signatures[i], edited.signatures[j]);
      ExpectFails(With(edited), absl::StrCat("lines ", i, " and ", j, " swapped"));
      edited = sound;
      std::swap(edited.signatures[i].signature, edited.signatures[j].signature);
      ExpectFails(With(edited), absl::StrCat("signatures ", i, " and ", j, " swapped"));
    }
  }
}

// By the witnesses' own keys: their times are theirs to state, and no token covers them.
TEST_F(Edits, NotesSignedAgainWithOtherTimesAreNotTheOneThatWasPinned) {
  for (const uint64_t at_s : {uint64_t{0}, uint64_t{1'789'999'999}, uint64_t{1'790'000'001}}) {
    Evidence again = testing::MakeFullEvidence(at_s);
    again.receipts = evidence_.receipts;
    const Report report = Judge(again);
    EXPECT_FALSE(report.verified()) << at_s;
    ExpectLayer(report, "anchor tsa", State::kFalse, "token_false");
    ExpectLayer(report, "anchor ots", State::kFalse, "other_digest");
    EXPECT_EQ(report.anchor_bound_s, std::nullopt);
  }
}

TEST_F(Edits, OfEntryPathAndIndexMakeNothingMore) {
  Evidence edited = evidence_;
  edited.entry = testing::MakeEvidence(testing::kUnsigned).entry;
  EXPECT_FALSE(Judge(edited).verified());
  EXPECT_EQ(Judge(edited).anchor_bound_s, std::nullopt);
  EXPECT_EQ(Judge(edited).witness_bound_s, std::nullopt);
  edited = evidence_;
  edited.proof.index = LeafIndex(evidence_.proof.index.value() ^ 1);
  EXPECT_FALSE(Judge(edited).verified());
  edited = evidence_;
  std::swap(edited.proof.proof[0], edited.proof.proof[1]);
  ExpectFails(edited, "path swapped");
  edited = evidence_;
  edited.proof.proof.pop_back();
  ExpectFails(edited, "path cut");
  edited = evidence_;
  edited.openings.clear();
  ExpectNoMore(edited, "without openings");
}

// Whatever one byte is changed to, nothing is claimed or proven that was not before.
TEST_F(Edits, OfOneByteMakeNothingMore) {
  const std::string bytes = *Format(evidence_);
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
      ExpectNothingMore(*report, original_, absl::StrCat("byte ", at, ": "));
    }
    uncovered += covered ? 0 : 1;
  }
  RecordProperty("uncovered_bytes", static_cast<int>(uncovered));
  std::cout << "bytes that no layer covers: " << uncovered << " of " << bytes.size() << "\n";
  EXPECT_LT(uncovered, bytes.size() / 20);
}

}  // namespace
}  // namespace cairn::evidence
