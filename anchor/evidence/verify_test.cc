#include "anchor/evidence/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/evidence/testing/example.h"
#include "merkle/hash.h"
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
  options.certifier_keys[testing::kCertifier] = CertifierKey().verifier_key().public_key();
  return options;
}

Layer Find(const Report& report, absl::string_view name) {
  for (const Layer& layer : report.layers) {
    if (layer.name == name) return layer;
  }
  ADD_FAILURE() << "no layer " << name;
  return {};
}

void ExpectLayer(const Report& report, absl::string_view name, State state,
                 absl::string_view detail) {
  const Layer layer = Find(report, name);
  EXPECT_EQ(StateName(layer.state), StateName(state)) << name << ": " << layer.detail;
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
  ExpectLayer(report, "checkpoint", State::kProven, "the log's promise alone: not witnessed");
  ExpectLayer(report, "inclusion", State::kProven, "leaf 1 of 5 under root ");
  ExpectLayer(report, "certificate", State::kNotProven, "no certificate given");
  ExpectLayer(report, "statement", State::kNotProven,
              "logged under the name `acme` by the operator; not proved to be theirs");
  ExpectLayer(report, "policy", State::kNotProven, "the certifier states: pass");
  ExpectLayer(report, "time", State::kNotProven,
              "accepted at 2026-02-02T02:40:00.001Z is the operator's claim");
  EXPECT_EQ(report.claim.index, LeafIndex(1));
  EXPECT_EQ(report.claim.tree_size, TreeSize(5));
  EXPECT_EQ(report.claim.origin, testing::kOrigin);
  EXPECT_EQ(report.claim.statement.trace, "trace-1");
}

TEST(Verify, ProvesSignedStatementsWithTheCertifiersKey) {
  for (const testing::Leaf leaf : {testing::kSigned, testing::kBatched}) {
    const Report report = *Verify(MakeEvidence(leaf), WithAllKeys());
    EXPECT_TRUE(report.verified());
    ExpectLayer(report, "statement", State::kProven, "signed by `acme` with the key given");
    ExpectLayer(report, "policy", State::kProven, "the certifier states: pass");
  }
}

TEST(Verify, LeavesSignedStatementsUnprovenWithoutTheCertifiersKey) {
  const Report report = *Verify(MakeEvidence(testing::kSigned), WithLogKey());
  EXPECT_TRUE(report.verified());
  ExpectLayer(report, "statement", State::kNotProven, "not proved to be theirs (signed with key ");
}

TEST(Verify, FailsAnUnsignedStatementWhoseCertifiersKeyIsGiven) {
  ExpectFailed(MakeEvidence(testing::kUnsigned), WithAllKeys(), "the statement is not signed");
}

TEST(Verify, FailsAStatementSignedWithAnotherKey) {
  VerifyOptions options = WithLogKey();
  options.certifier_keys[testing::kCertifier] =
      testing::OtherKey("mallory").verifier_key().public_key();
  for (const testing::Leaf leaf : {testing::kSigned, testing::kBatched}) {
    const Report report = *Verify(MakeEvidence(leaf), options);
    EXPECT_FALSE(report.verified());
    ExpectLayer(report, "statement", State::kFalse, "signature by `acme`");
  }
}

TEST(Verify, FailsAnotherLogsCheckpoint) {
  VerifyOptions options;
  options.log_key = testing::OtherKey("other.example/log").verifier_key();
  const Report report = *Verify(MakeEvidence(testing::kUnsigned), options);
  EXPECT_FALSE(report.verified());
  ExpectLayer(report, "checkpoint", State::kFalse,
              "origin: the checkpoint is of log `log.example/test`");
  ExpectLayer(report, "inclusion", State::kNotProven, "as far as the checkpoint");
}

TEST(Verify, FailsACheckpointByAnotherKeyOfTheSameName) {
  VerifyOptions options;
  options.log_key =
      *note::MakeVerifierKey(testing::kOrigin, note::KeyType::kEd25519,
                             testing::OtherKey("mallory").verifier_key().public_key());
  const Report report = *Verify(MakeEvidence(testing::kUnsigned), options);
  EXPECT_FALSE(report.verified());
  ExpectLayer(report, "checkpoint", State::kFalse, "");
}

TEST(Verify, FailsAReplayOfAStatementFromAnotherOrigin) {
  const note::SignerKey other = testing::OtherKey("other.example/log");
  VerifyOptions options = WithAllKeys();
  options.log_key = other.verifier_key();
  ExpectFailed(MakeEvidence(testing::kSigned, other), options, "signature by `acme`");
}

TEST(Verify, DoesNotVerifyWithoutALogKey) {
  VerifyOptions options = WithAllKeys();
  options.log_key.reset();
  const Report report = *Verify(MakeEvidence(testing::kSigned), options);
  EXPECT_FALSE(report.verified());
  ExpectLayer(report, "checkpoint", State::kNotProven, "no log key given");
}

TEST(Verify, ProvesTheCertificateThatHashesToTheEntrys) {
  VerifyOptions options = WithLogKey();
  options.certificate_hash = merkle::Sha256(testing::CertificateText(testing::kUnsigned));
  const Report report = *Verify(MakeEvidence(testing::kUnsigned), options);
  EXPECT_TRUE(report.verified());
  ExpectLayer(report, "certificate", State::kProven, "the one of the entry");
}

TEST(Verify, SaysWhichHashOfTheCertificateWasCompared) {
  for (const bool right : {true, false}) {
    VerifyOptions options = WithLogKey();
    options.certificate_hash =
        merkle::Sha256(right ? testing::CertificateText(testing::kUnsigned) : "another");
    const State state = right ? State::kProven : State::kFalse;
    options.certificate_kind = CertificateKind::kFile;
    ExpectLayer(*Verify(MakeEvidence(testing::kUnsigned), options), "certificate", state,
                absl::StrCat((*options.certificate_hash)->Hex(), " (SHA-256 of its bytes)"));
    options.certificate_kind = CertificateKind::kCer;
    ExpectLayer(*Verify(MakeEvidence(testing::kUnsigned), options), "certificate", state,
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
  ExpectLayer(report, "trace", State::kProven, "blinded; opens to `order 4711`");
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
  ExpectLayer(report, "trace", State::kNotProven, "this evidence does not open it");
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
  ExpectLayer(*report, "witnesses", State::kProven,
              "cosigned by `a` at 2023-11-14T22:13:20.000Z, `c` at 2023-11-14T22:13:20.000Z: the "
              "policy's quorum");
  EXPECT_EQ(Find(*report, "checkpoint").detail.find("not witnessed"), std::string::npos);
  // They are not asked without a policy.
  const absl::StatusOr<Report> without = Verify(Cosigned({"a", "c"}), WithLogKey());
  EXPECT_TRUE(without->verified());
  ExpectLayer(*without, "checkpoint", State::kProven, "not witnessed");
}

TEST(Verify, IsNotVerifiedWithoutTheQuorum) {
  for (const std::vector<std::string>& names :
       std::vector<std::vector<std::string>>{{}, {"b"}, {"b", "b"}, {"b", "x", "y"}}) {
    const absl::StatusOr<Report> report = Verify(Cosigned(names), WithPolicy());
    EXPECT_FALSE(report->verified());
    ExpectLayer(*report, "witnesses", State::kNotProven, "not the policy's quorum");
  }
}

TEST(Verify, ACosignatureThatDoesNotHoldIsFalseWhateverTheOthersSay) {
  Evidence evidence = Cosigned({"a", "b"});
  const note::SignerKey key = WitnessKey("c");
  evidence.proof.checkpoint += *note::FormatSignatureLine(
      {key.name(), key.verifier_key().id(), *note::Cosign(key, kCosignedAtS, "another text\n")});
  const absl::StatusOr<Report> report = Verify(evidence, WithPolicy());
  EXPECT_FALSE(report->verified());
  ExpectLayer(*report, "witnesses", State::kFalse, "");
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
    ExpectLayer(*Verify(Cosigned({"a", "b"}), other_key), "checkpoint", State::kFalse, "");
    EXPECT_TRUE(Verify(Cosigned({"a", "b", "c"}), options)->verified());
  }
}

TEST(Verify, APolicyThatAsksForNoneIsNoProof) {
  VerifyOptions options = WithLogKey();
  options.policy = std::make_shared<const note::Policy>(*note::Policy::Parse("quorum none\n"));
  const absl::StatusOr<Report> report = Verify(Cosigned({"a"}), options);
  EXPECT_TRUE(report->verified());
  ExpectLayer(*report, "witnesses", State::kNotProven, "asks for none");
}

}  // namespace
}  // namespace cairn::evidence
