#include "anchor/evidence/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/evidence/certifier_keys.h"
#include "anchor/evidence/testing/example.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/note.h"
#include "merkle/note/policy.h"
#include "merkle/signature/ed25519.h"

namespace cairn::evidence {
namespace {

using testing::CertifierKey;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::LogKey;
using testing::MakeEvidence;

VerifyOptions WithLogKey() {
  VerifyOptions options;
  options.log_key = LogKey().verifier_key();
  return options;
}

constexpr uint64_t kCosignedAtS = 1'700'000'000;

note::SignerKey WitnessKey(const std::string& name) {
  return *note::MakeSignerKey("witness.example/" + name, note::KeyType::kCosignature,
                              PrivateKey::FromSeed(merkle::Sha256(name).view()).value());
}

// Two of `a`, `b` and `c`.
VerifyOptions WithPolicy() {
  VerifyOptions options = WithLogKey();
  std::string text;
  for (const char* name : {"a", "b", "c"}) {
    absl::StrAppend(&text, "witness ", name, " ", WitnessKey(name).verifier_key().Format(), "\n");
  }
  options.policy = std::make_shared<const note::Policy>(
      *note::Policy::Parse(text + "group g 2 a b c\nquorum g\n"));
  return options;
}

Evidence Cosigned(const std::vector<std::string>& names) {
  Evidence evidence = MakeEvidence(testing::kUnsigned);
  const std::string text = note::ParseNote(evidence.proof.checkpoint)->text;
  for (const std::string& name : names) {
    const note::SignerKey key = WitnessKey(name);
    evidence.proof.checkpoint += *note::FormatSignatureLine(
        {key.name(), key.verifier_key().id(), *note::Cosign(key, kCosignedAtS, text)});
  }
  return evidence;
}

VerifyOptions WithAllKeys() {
  VerifyOptions options = WithLogKey();
  options.certifier_keys = {
      {testing::kCertifier, {{.key = CertifierKey().verifier_key().public_key()}}}};
  return options;
}

Layer Find(const Report& report, absl::string_view name) {
  const Layer* const layer = report.Find(name);
  if (layer != nullptr) return *layer;
  ADD_FAILURE() << "no layer " << name;
  return {};
}

void ExpectLayer(const Report& report, absl::string_view name, State state, absl::string_view code,
                 absl::string_view detail = "") {
  const Layer layer = Find(report, name);
  EXPECT_EQ(StateName(layer.state), StateName(state)) << name << ": " << layer.detail;
  EXPECT_EQ(layer.code, code) << name << ": " << layer.detail;
  EXPECT_THAT(layer.detail, HasSubstr(std::string(detail)));
}

// Not verified, for this one reason.
void ExpectFailed(const Evidence& evidence, const VerifyOptions& options,
                  absl::string_view reason) {
  const absl::StatusOr<Report> report = Verify(evidence, options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->verified());
  EXPECT_THAT(report->reasons, ElementsAre(HasSubstr(std::string(reason))));
}

TEST(Verify, ProvesInclusionWithTheLogKeyAlone) {
  const Report report = *Verify(MakeEvidence(testing::kUnsigned), WithLogKey());
  EXPECT_TRUE(report.verified());
  EXPECT_EQ(report.headline,
            "included; NOT witnessed; NOT verified; certifier not proven; no record given");
  ExpectLayer(report, "checkpoint", State::kProven, "signed",
              "the log's promise alone: not witnessed");
  ExpectLayer(report, "inclusion", State::kProven, "included", "leaf 1 of 5 under root ");
  ExpectLayer(report, "certificate", State::kNotProven, "not_given", "no certificate given");
  ExpectLayer(report, "statement", State::kNotProven, "unsigned",
              "logged under the name `acme` by the operator; not proved to be theirs");
  ExpectLayer(report, "anchor bound", State::kNotProven, "too_few", "1 authority needed");
  ExpectLayer(report, "witness bound", State::kNotProven, "not_witnessed");
  EXPECT_EQ(report.layers.size(), 6u) << "there is no further layer";
  EXPECT_EQ(report.claim.index, LeafIndex(1));
  EXPECT_EQ(report.claim.tree_size, TreeSize(5));
  EXPECT_EQ(report.claim.origin, testing::kOrigin);
  EXPECT_EQ(report.claim.statement.trace, "trace-1");
}

TEST(Verify, ProvesSignedStatementsWithTheCertifiersKey) {
  for (const testing::Leaf leaf : {testing::kSigned, testing::kBatched}) {
    const Report report = *Verify(MakeEvidence(leaf), WithAllKeys());
    EXPECT_TRUE(report.verified());
    ExpectLayer(report, "statement", State::kProven, "signed", "signed by `acme` with a key given");
    EXPECT_EQ(report.headline,
              "included; NOT witnessed; NOT verified; certifier acme proven; no record given");
  }
}

TEST(Verify, LeavesSignedStatementsUnprovenWithoutTheCertifiersKey) {
  const Report report = *Verify(MakeEvidence(testing::kSigned), WithLogKey());
  EXPECT_TRUE(report.verified());
  ExpectLayer(report, "statement", State::kNotProven, "key_not_held",
              "not proved to be theirs (signed with key ");
}

TEST(Verify, FailsAnUnsignedStatementWhoseCertifiersKeyIsGiven) {
  ExpectFailed(MakeEvidence(testing::kUnsigned), WithAllKeys(), "the statement is not signed");
}

// Somebody signed it. Nothing shows that this was not acme, with a key that is not given here.
TEST(Verify, DoesNotProveAStatementSignedWithAKeyThatIsNotHeld) {
  VerifyOptions options = WithLogKey();
  options.certifier_keys = {
      {testing::kCertifier, {{.key = testing::OtherKey("mallory").verifier_key().public_key()}}}};
  for (const testing::Leaf leaf : {testing::kSigned, testing::kBatched}) {
    const Report report = *Verify(MakeEvidence(leaf), options);
    EXPECT_FALSE(report.verified());
    ExpectLayer(report, "statement", State::kNotProven, "key_not_held", "none of those");
  }
}

TEST(Verify, ASignatureThatDoesNotHoldUnderItsOwnKeyIsFalseWhateverKeysAreGiven) {
  Evidence evidence = MakeEvidence(testing::kSigned);
  evidence.entry.back() ^= 1;
  for (const VerifyOptions& options : {WithLogKey(), WithAllKeys()}) {
    const Report report = *Verify(evidence, options);
    ExpectLayer(report, "statement", State::kFalse, "signature_wrong");
    EXPECT_THAT(report.headline,
                ::testing::StartsWith("FALSE: statement, inclusion; NOT included"));
    EXPECT_THAT(report.headline, HasSubstr("certifier FALSE"));
  }
}

TEST(Verify, FailsAnotherLogsCheckpoint) {
  VerifyOptions options;
  options.log_key = testing::OtherKey("other.example/log").verifier_key();
  const Report report = *Verify(MakeEvidence(testing::kUnsigned), options);
  EXPECT_FALSE(report.verified());
  ExpectLayer(report, "checkpoint", State::kFalse, "other_origin",
              "origin: the checkpoint is of log `log.example/test`");
  ExpectLayer(report, "inclusion", State::kNotProven, "checkpoint_not_proven",
              "as far as the checkpoint");
}

TEST(Verify, FailsACheckpointByAnotherKeyOfTheSameName) {
  VerifyOptions options;
  options.log_key =
      *note::MakeVerifierKey(testing::kOrigin, note::KeyType::kEd25519,
                             testing::OtherKey("mallory").verifier_key().public_key());
  const Report report = *Verify(MakeEvidence(testing::kUnsigned), options);
  EXPECT_FALSE(report.verified());
  ExpectLayer(report, "checkpoint", State::kFalse, "not_signed");
}

TEST(Verify, FailsAReplayOfAStatementFromAnotherOrigin) {
  const note::SignerKey other = testing::OtherKey("other.example/log");
  VerifyOptions options = WithAllKeys();
  options.log_key = other.verifier_key();
  ExpectFailed(MakeEvidence(testing::kSigned, other), options, "signature in the name of `acme`");
}

TEST(Verify, DoesNotVerifyWithoutALogKey) {
  VerifyOptions options = WithAllKeys();
  options.log_key.reset();
  const Report report = *Verify(MakeEvidence(testing::kSigned), options);
  EXPECT_FALSE(report.verified());
  ExpectLayer(report, "checkpoint", State::kNotProven, "no_log_key", "no log key given");
}

TEST(Verify, ProvesTheCertificateThatHashesToTheEntrys) {
  VerifyOptions options = WithLogKey();
  options.certificate_hash = merkle::Sha256(testing::CertificateText(testing::kUnsigned));
  const Report report = *Verify(MakeEvidence(testing::kUnsigned), options);
  EXPECT_TRUE(report.verified());
  ExpectLayer(report, "certificate", State::kProven, "same", "the one of the entry");
  EXPECT_THAT(report.headline, ::testing::EndsWith("; record proven"));
}

TEST(Verify, SaysWhichHashOfTheCertificateWasCompared) {
  for (const bool right : {true, false}) {
    VerifyOptions options = WithLogKey();
    options.certificate_hash =
        merkle::Sha256(right ? testing::CertificateText(testing::kUnsigned) : "another");
    const State state = right ? State::kProven : State::kFalse;
    const absl::string_view code = right ? "same" : "other_certificate";
    options.certificate_kind = CertificateKind::kFile;
    ExpectLayer(*Verify(MakeEvidence(testing::kUnsigned), options), "certificate", state, code,
                absl::StrCat((*options.certificate_hash)->Hex(), " (SHA-256 of its bytes)"));
    options.certificate_kind = CertificateKind::kCer;
    ExpectLayer(*Verify(MakeEvidence(testing::kUnsigned), options), "certificate", state, code,
                absl::StrCat((*options.certificate_hash)->Hex(), " (its certificate hash)"));
  }
}

TEST(Verify, FailsAnotherCertificate) {
  VerifyOptions options = WithLogKey();
  options.certificate_hash = merkle::Sha256("another");
  ExpectFailed(MakeEvidence(testing::kUnsigned), options, "certificate: certificateHash: ");
}

TEST(Verify, FailsACertificateThatIsRefusedWithItsReason) {
  VerifyOptions options = WithLogKey();
  options.certificate_hash = absl::InvalidArgumentError("snapshot.output does not match");
  ExpectFailed(MakeEvidence(testing::kUnsigned), options,
               "certificate: snapshot.output does not match");
}

TEST(Verify, OpensBlindedIds) {
  const Report report = *Verify(MakeEvidence(testing::kSigned), WithLogKey());
  ExpectLayer(report, "trace", State::kProven, "opened", "blinded; opens to `order 4711`");
}

TEST(Verify, FailsAnOpeningOfAnotherValueOrKey) {
  Evidence evidence = MakeEvidence(testing::kSigned);
  evidence.openings[0].value = "order 4712";
  ExpectFailed(evidence, WithAllKeys(), "trace: the opening of trace");
  evidence = MakeEvidence(testing::kSigned);
  evidence.openings[0].key.bytes[0] ^= 1;
  ExpectFailed(evidence, WithAllKeys(), "trace: the opening of trace");
  evidence = MakeEvidence(testing::kSigned);
  evidence.openings[0].field = "task";
  ExpectFailed(evidence, WithAllKeys(), "task: the opening of task");
}

TEST(Verify, SaysWhatItCannotOpen) {
  Evidence evidence = MakeEvidence(testing::kSigned);
  evidence.openings.clear();
  const Report report = *Verify(evidence, WithAllKeys());
  EXPECT_TRUE(report.verified());
  ExpectLayer(report, "trace", State::kNotProven, "not_opened", "this evidence does not open it");
}

TEST(Verify, FailsAnEntryThatIsNotTheLeaf) {
  Evidence evidence = MakeEvidence(testing::kUnsigned);
  evidence.entry = testing::Entries()[testing::kBatched];
  ExpectFailed(evidence, WithLogKey(), "inclusion: ");
  evidence = MakeEvidence(testing::kUnsigned);
  evidence.proof.index = LeafIndex(2);
  ExpectFailed(evidence, WithLogKey(), "inclusion: ");
  evidence = MakeEvidence(testing::kUnsigned);
  evidence.proof.index = LeafIndex(5);
  ExpectFailed(evidence, WithLogKey(), "inclusion: ");
}

TEST(Verify, RefusesEvidenceAboutNoStatement) {
  Evidence evidence = MakeEvidence(testing::kDeclaration);
  const absl::StatusOr<Report> report = Verify(evidence, WithLogKey());
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("not a statement"));
}

// Whatever single byte of the file is changed: it is refused, fails, or says the very same.
TEST(Verify, NeverAcceptsAnotherClaimAfterAByteChanged) {
  for (const testing::Leaf leaf : {testing::kUnsigned, testing::kSigned, testing::kBatched}) {
    const Evidence original = MakeEvidence(leaf);
    const std::string bytes = *Format(original);
    int accepted = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (const int change : {0x01, 0x02, 0x10, 0x20, 0x80}) {
        std::string mutant = bytes;
        mutant[i] = static_cast<char>(mutant[i] ^ change);
        const absl::StatusOr<Evidence> parsed = Parse(mutant);
        if (!parsed.ok()) continue;
        const absl::StatusOr<Report> report = Verify(*parsed, WithLogKey());
        accepted += report.ok() && report->verified() ? 1 : 0;
      }
    }
    // All of it is bound by the log's signature, the path or an opening.
    EXPECT_EQ(accepted, 0) << "leaf " << leaf;
  }
}

TEST(Verify, ProvesTheWitnessesOfThePolicyAndSaysWhen) {
  const absl::StatusOr<Report> report = Verify(Cosigned({"a", "c", "x"}), WithPolicy());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->verified());
  ExpectLayer(*report, "witnesses", State::kProven, "quorum",
              "cosigned by `a` at 2023-11-14T22:13:20.000Z; `c` at 2023-11-14T22:13:20.000Z: the "
              "policy's quorum");
  EXPECT_THAT(report->headline, ::testing::StartsWith("included; witnessed by 2 of a b c; NOT"));
  // It says so of a time before the operator's.
  ExpectLayer(*report, "witness bound", State::kNotProven, "contradicted", "somebody's clock");
  EXPECT_EQ(Find(*report, "checkpoint").detail.find("not witnessed"), std::string::npos);
  // They are not asked without a policy.
  const absl::StatusOr<Report> without = Verify(Cosigned({"a", "c"}), WithLogKey());
  EXPECT_TRUE(without->verified());
  ExpectLayer(*without, "checkpoint", State::kProven, "signed", "not witnessed");
}

TEST(Verify, IsNotVerifiedWithoutTheQuorum) {
  for (const std::vector<std::string>& names :
       std::vector<std::vector<std::string>>{{}, {"b"}, {"b", "b"}, {"b", "x", "y"}}) {
    const absl::StatusOr<Report> report = Verify(Cosigned(names), WithPolicy());
    EXPECT_FALSE(report->verified());
    ExpectLayer(*report, "witnesses", State::kNotProven, "no_quorum", "not the policy's quorum");
    EXPECT_THAT(report->headline, HasSubstr(" of a b c, no quorum);"));
  }
}

TEST(Verify, ACosignatureThatDoesNotHoldIsFalseWhateverTheOthersSay) {
  Evidence evidence = Cosigned({"a", "b"});
  const note::SignerKey key = WitnessKey("c");
  evidence.proof.checkpoint += *note::FormatSignatureLine(
      {key.name(), key.verifier_key().id(), *note::Cosign(key, kCosignedAtS, "another text\n")});
  const absl::StatusOr<Report> report = Verify(evidence, WithPolicy());
  EXPECT_FALSE(report->verified());
  ExpectLayer(*report, "witnesses", State::kFalse, "signature_wrong");
}

TEST(Verify, RemembersANoteAndSeesAnotherWithTheSameText) {
  NoteVerifier notes(2);
  VerifyOptions options = WithPolicy();
  options.notes = &notes;
  VerifyOptions other_key = options;
  other_key.log_key = testing::OtherKey(testing::kOrigin).verifier_key();
  Evidence false_line = Cosigned({"a", "b"});
  // Of the last cosignature.
  false_line.proof.checkpoint[false_line.proof.checkpoint.size() - 10] ^= 1;
  // More notes than it remembers, and each more than once.
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(Verify(Cosigned({"a", "b"}), options)->verified());
    ExpectFailed(Cosigned({"a"}), options, "witnesses: ");
    ExpectFailed(false_line, options, "witnesses: ");
    ExpectLayer(*Verify(Cosigned({"a", "b"}), other_key), "checkpoint", State::kFalse,
                "not_signed");
    EXPECT_TRUE(Verify(Cosigned({"a", "b", "c"}), options)->verified());
  }
}

TEST(Verify, APolicyThatAsksForNoneIsNoProof) {
  VerifyOptions options = WithLogKey();
  options.policy = std::make_shared<const note::Policy>(*note::Policy::Parse("quorum none\n"));
  const absl::StatusOr<Report> report = Verify(Cosigned({"a"}), options);
  EXPECT_TRUE(report->verified());
  ExpectLayer(*report, "witnesses", State::kNotProven, "policy_needs_none", "asks for none");
  options.require.witnessed = true;
  ExpectFailed(Cosigned({"a"}), options, "witnesses: ");
}

// When the operator says it accepted the unsigned statement.
constexpr uint64_t kAcceptedAtS = 1'770'000'000;

Evidence CosignedAt(const std::vector<std::pair<std::string, uint64_t>>& lines) {
  Evidence evidence = MakeEvidence(testing::kUnsigned);
  const std::string text = note::ParseNote(evidence.proof.checkpoint)->text;
  for (const auto& [name, at_s] : lines) {
    const note::SignerKey key = WitnessKey(name);
    evidence.proof.checkpoint += *note::FormatSignatureLine(
        {key.name(), key.verifier_key().id(), *note::Cosign(key, at_s, text)});
  }
  return evidence;
}

TEST(Verify, TheWitnessBoundIsTheLeastSecondByWhichTheQuorumWasMet) {
  const VerifyOptions options = WithPolicy();
  const auto bound = [&](const std::vector<std::pair<std::string, uint64_t>>& lines) {
    return Verify(CosignedAt(lines), options)->witness_bound_s;
  };
  const uint64_t t = kAcceptedAtS;
  EXPECT_EQ(bound({{"a", t + 300}, {"b", t + 100}, {"c", t + 200}}), t + 201);
  // Over each witness's cosignatures, in whatever order they stand.
  EXPECT_EQ(bound({{"a", t + 300}, {"b", t + 100}, {"a", t + 50}}), t + 101);
  EXPECT_EQ(bound({{"a", t}}), std::nullopt);
}

TEST(Verify, ACosignatureOfNoTimeCountsForTheQuorumAndClaimsNone) {
  const uint64_t t = kAcceptedAtS;
  const Report untimed = *Verify(CosignedAt({{"a", 0}, {"b", 0}}), WithPolicy());
  EXPECT_TRUE(untimed.verified());
  ExpectLayer(untimed, "witnesses", State::kProven, "quorum", "`a`, who claims no time");
  ExpectLayer(untimed, "witness bound", State::kNotProven, "untimed");
  EXPECT_EQ(Verify(CosignedAt({{"a", 0}, {"b", t}}), WithPolicy())->witness_bound_s, std::nullopt);
  EXPECT_EQ(Verify(CosignedAt({{"a", 0}, {"b", t}, {"c", t + 5}}), WithPolicy())->witness_bound_s,
            t + 6);
  EXPECT_EQ(Verify(CosignedAt({{"a", 0}, {"a", t + 7}, {"b", t}}), WithPolicy())->witness_bound_s,
            t + 8);
}

TEST(Verify, WhatIsLaterThanNowCountsForNothingAndIsShown) {
  VerifyOptions options = WithPolicy();
  const uint64_t now = kAcceptedAtS + 1000;
  options.anchors.now_s = now;
  EXPECT_EQ(Verify(CosignedAt({{"a", now}, {"b", now + 60}}), options)->witness_bound_s, now + 61);
  const Report late = *Verify(CosignedAt({{"a", now}, {"b", now + 61}}), options);
  EXPECT_FALSE(late.verified());
  ExpectLayer(late, "witnesses", State::kNotProven, "no_quorum", "later than now");
  ExpectLayer(late, "witness bound", State::kNotProven, "not_witnessed");
  // An earlier one of the same witness does count.
  EXPECT_EQ(
      Verify(CosignedAt({{"a", now}, {"b", now + 61}, {"b", now - 9}}), options)->witness_bound_s,
      now + 1);
}

TEST(Verify, ABoundBeforeTheOperatorsTimeSaysThatSomebodysClockIsWrong) {
  const auto at = [](uint64_t at_s) {
    return *Verify(CosignedAt({{"a", at_s}, {"b", at_s}}), WithPolicy());
  };
  // Accepted at .001 of that second; a bound is a second later than the cosignature.
  EXPECT_EQ(at(kAcceptedAtS - 300).witness_bound_s, kAcceptedAtS - 299);
  const Report wrong = at(kAcceptedAtS - 302);
  EXPECT_EQ(wrong.witness_bound_s, std::nullopt);
  EXPECT_TRUE(wrong.verified()) << "nobody is convicted";
  ExpectLayer(wrong, "witness bound", State::kNotProven, "contradicted",
              "contradicted: somebody's clock is wrong");
  ExpectLayer(wrong, "witnesses", State::kProven, "quorum");
}

// By the log's key as a witness's, whichever way the verifier could know that it is the log's.
TEST(Verify, AWitnessWithTheLogsKeyNeverCounts) {
  std::string seed;
  for (char byte = 0; byte < 32; ++byte) seed.push_back(byte);
  const note::SignerKey self = *note::MakeSignerKey(
      "independent.example/w", note::KeyType::kCosignature, *PrivateKey::FromSeed(seed));
  Evidence evidence = MakeEvidence(testing::kUnsigned);
  const std::string text = note::ParseNote(evidence.proof.checkpoint)->text;
  evidence.proof.checkpoint += *note::FormatSignatureLine(
      {self.name(), self.verifier_key().id(), *note::Cosign(self, kAcceptedAtS, text)});
  const std::string witness =
      absl::StrCat("witness w ", self.verifier_key().Format(), "\nquorum w\n");
  const std::string log = absl::StrCat("log ", LogKey().verifier_key().Format(), "\n");
  for (const bool by_policy : {false, true}) {
    for (const bool by_key : {false, true}) {
      VerifyOptions options;
      if (by_key) options.log_key = LogKey().verifier_key();
      options.policy = std::make_shared<const note::Policy>(
          *note::Policy::Parse(absl::StrCat(by_policy ? log : "", witness)));
      const Report report = *Verify(evidence, options);
      ExpectLayer(report, "witnesses", State::kNotProven, "no_quorum", "never counts as a witness");
      EXPECT_THAT(report.headline, HasSubstr("; NOT witnessed (0 of w, no quorum); "));
      EXPECT_EQ(report.witness_bound_s, std::nullopt);
    }
  }
}

TEST(Verify, SaysThatTwoQuorumsNeedHaveNobodyInCommon) {
  VerifyOptions options = WithLogKey();
  std::string text;
  for (const char* name : {"a", "b"}) {
    absl::StrAppend(&text, "witness ", name, " ", WitnessKey(name).verifier_key().Format(), "\n");
  }
  options.policy = std::make_shared<const note::Policy>(
      *note::Policy::Parse(text + "group g any a b\nquorum g\n"));
  EXPECT_THAT(Verify(Cosigned({"a"}), options)->headline,
              HasSubstr("; witnessed by 1 of a b (weak quorum); "));
}

// Who signs the statement at index 2, with this key in force at these indexes.
Report WithRange(const std::string& range, const std::vector<std::string>& witnesses,
                 const std::string& held = testing::kCertifier) {
  VerifyOptions options = WithPolicy();
  options.certifier_keys = {{testing::kCertifier,
                             {{.key = testing::OtherKey(held).verifier_key().public_key(),
                               .range = *ParseIndexRange(range)}}}};
  Evidence evidence = MakeEvidence(testing::kSigned);
  const std::string text = note::ParseNote(evidence.proof.checkpoint)->text;
  for (const std::string& name : witnesses) {
    const note::SignerKey key = WitnessKey(name);
    evidence.proof.checkpoint += *note::FormatSignatureLine(
        {key.name(), key.verifier_key().id(), *note::Cosign(key, kCosignedAtS, text)});
  }
  return *Verify(evidence, options);
}

TEST(Verify, AKeyCountsAtTheIndexesOfItsRange) {
  for (const std::string range : {"..", "2..3", "0..3", "2..", "..3"}) {
    ExpectLayer(WithRange(range, {"a", "b"}), "statement", State::kProven, "signed");
  }
  for (const std::string range : {"3..", "..2", "0..2", "7..9"}) {
    const Report report = WithRange(range, {"a", "b"});
    ExpectLayer(report, "statement", State::kFalse, "key_not_valid_at_index",
                "key is not valid at index 2 by your range ");
    EXPECT_THAT(report.headline, ::testing::StartsWith("FALSE: statement; included; "));
  }
  for (const std::string range : {"2..3", "3.."}) {
    ExpectLayer(WithRange(range, {"a"}), "statement", State::kNotProven, "index_not_witnessed");
    ExpectLayer(WithRange(range, {"a", "b"}, "mallory"), "statement", State::kNotProven,
                "key_not_held");
  }
  // At every index: then none has to be believed.
  ExpectLayer(WithRange("..", {}), "statement", State::kProven, "signed");
}

// As a later program may write it: a tree of this one entry, signed by the log.
Evidence OfKind(uint8_t kind) {
  Evidence evidence = MakeEvidence(testing::kUnsigned);
  evidence.entry = *entry::Encode(
      {.accepted_at_ms = 1, .body = entry::UnknownEntry{.kind = kind, .content = "what is new"}});
  std::vector<note::SignerKey> keys;
  keys.push_back(LogKey());
  const note::CheckpointSigner signer = *note::CheckpointSigner::Create(std::move(keys));
  evidence.proof.index = LeafIndex(0);
  evidence.proof.proof.clear();
  evidence.proof.checkpoint = *signer.Sign({.origin = signer.origin(),
                                            .size = TreeSize(1),
                                            .root = merkle::HashLeaf(evidence.entry),
                                            .extensions = {}});
  return evidence;
}

TEST(Verify, JudgesOfAKindThatItDoesNotKnowTheInclusionAlone) {
  for (const uint8_t kind : {4, 15}) {
    const absl::StatusOr<Evidence> evidence = Parse(*Format(OfKind(kind)));
    ASSERT_TRUE(evidence.ok()) << evidence.status();
    VerifyOptions options = WithAllKeys();
    const Report report = *Verify(*evidence, options);
    EXPECT_TRUE(report.verified());
    EXPECT_EQ(report.headline,
              absl::StrCat("an entry of kind ", kind,
                           ", newer than this program; included; NOT "
                           "witnessed; NOT verified; certifier not proven; no record given"));
    ExpectLayer(report, "inclusion", State::kProven, "included");
    ExpectLayer(report, "statement", State::kNotProven, "kind_unknown", "not judged");
    options.certificate_hash = Hash();
    EXPECT_FALSE(Verify(*evidence, options)->verified());
    EXPECT_THAT(Verify(*evidence, options)->headline, ::testing::EndsWith("; record not proven"));
    options.certificate_hash.reset();
    options.require.certifier = true;
    EXPECT_FALSE(Verify(*evidence, options)->verified());
  }
  // One that is known is no evidence's subject, and one that is not reserved is none.
  EXPECT_FALSE(Format(MakeEvidence(testing::kDeclaration)).ok());
  Evidence beyond = OfKind(15);
  beyond.entry[1] = 16;
  EXPECT_FALSE(Format(beyond).ok());
}

TEST(CertifierKeys, TakeRangesThatDoNotOverlap) {
  for (const std::string bad : {"", "1", "1..1", "2..1", "1...2", "-1..", "01..2", "1..x", "a..b",
                                "18446744073709551616.."}) {
    EXPECT_FALSE(ParseIndexRange(bad).ok()) << bad;
  }
  CertifierKeys keys;
  const PublicKey key = testing::OtherKey("acme").verifier_key().public_key();
  const auto add = [&](const std::string& range) {
    return AddCertifierKey("acme", {key, *ParseIndexRange(range)}, keys).code();
  };
  EXPECT_EQ(add("5..10"), absl::StatusCode::kOk);
  EXPECT_EQ(add("..5"), absl::StatusCode::kOk);
  EXPECT_EQ(add("10..12"), absl::StatusCode::kOk);
  for (const std::string overlapping : {"..", "4..6", "11..", "..1", "6..7"}) {
    EXPECT_EQ(add(overlapping), absl::StatusCode::kInvalidArgument) << overlapping;
  }
  EXPECT_EQ(add("12.."), absl::StatusCode::kOk);
  EXPECT_EQ(keys.at("acme").size(), 4u);
}

}  // namespace
}  // namespace cairn::evidence
