#include "witness/auditor.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/rotation.h"
#include "merkle/entry/statement.h"
#include "merkle/hash.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/key.h"
#include "merkle/note/misbehaviour.h"
#include "merkle/note/note.h"
#include "merkle/note/text.h"
#include "merkle/signature/ed25519.h"
#include "witness/testing/memory_log.h"

namespace cairn::witness {
namespace {

constexpr char kOrigin[] = "log.example/audited";
constexpr uint64_t kStartMs = 1'700'000'000'000;

PrivateKey Key(char seed) { return *PrivateKey::FromSeed(std::string(32, seed)); }

entry::Statement StatementOn(uint64_t number, const std::string& certifier = "anonymous") {
  return {.certificate_hash = merkle::HashLeaf(absl::StrCat(number)),
          .policy_status = entry::PolicyStatus::kPass,
          .supersedes = std::nullopt,
          .certifier = certifier,
          .trace = "",
          .task = ""};
}

std::string Encoded(entry::Body body, uint64_t at_ms = kStartMs) {
  return *entry::Encode({.accepted_at_ms = at_ms, .body = std::move(body)});
}

std::string Unsigned(entry::Statement statement, uint64_t at_ms = kStartMs) {
  return Encoded(entry::SignedStatement{std::move(statement), {}}, at_ms);
}

std::string Signed(entry::Statement statement, const PrivateKey& key) {
  return Encoded(*entry::SignStatement(kOrigin, std::move(statement), key));
}

std::string Certifier(entry::CertifierAction action, entry::CertifierDemand demand,
                      const std::string& name, std::optional<PublicKey> key) {
  return Encoded(entry::CertifierEntry{action, demand, name, key});
}

std::string Declared(const std::string& name, const PrivateKey& key) {
  return Certifier(entry::CertifierAction::kDeclare, entry::CertifierDemand::kSigned, name,
                   key.public_key());
}

class AuditorTest : public ::testing::Test {
 protected:
  AuditorTest() : log_(key_.FormatSecret()) {
    policy_ = std::make_unique<note::Policy>(*note::Policy::Parse(
        absl::StrCat("log ", key_.verifier_key().Format(), "\nquorum none\n")));
  }

  // A line under the note that is shown.
  std::string Cosigned(const note::SignerKey& witness, uint64_t at_s) const {
    const std::string text = note::ParseNote(log_.note())->text;
    return *note::FormatSignatureLine({.key_name = witness.name(),
                                       .key_id = witness.verifier_key().id(),
                                       .signature = *note::Cosign(witness, at_s, text)});
  }
  void Fill(uint64_t size) {
    for (uint64_t i = log_.entries().size(); i < size; ++i) log_.Append(Unsigned(StatementOn(i)));
    log_.Publish();
  }
  absl::StatusOr<AuditReport> Run(const std::vector<OtherView>& others = {},
                                  AuditOptions options = {.threads = 2}) {
    Auditor auditor(log_, *policy_, store_, std::move(options));
    return auditor.Run(others);
  }
  void ExpectSound(uint64_t size) {
    const absl::StatusOr<AuditReport> report = Run();
    ASSERT_TRUE(report.ok()) << report.status();
    for (const Finding& finding : report->findings) ADD_FAILURE() << finding.text;
    EXPECT_EQ(report->audited, TreeSize(size));
  }
  // Nothing is said against the log, now or later: it could not be read.
  void ExpectUnreadable(absl::StatusCode code, const std::string& text) {
    const absl::Status status = Run().status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), text)) << status;
    const absl::StatusOr<AuditState> state = ParseAuditState(**store_.ReadState());
    ASSERT_TRUE(state.ok()) << state.status();
    EXPECT_TRUE(state->findings.kept().empty());
  }
  // Exactly one finding.
  void ExpectFinding(FindingKind kind, std::optional<uint64_t> index, const std::string& text) {
    const absl::StatusOr<AuditReport> report = Run();
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_EQ(report->finding_count, 1)
        << (report->findings.empty() ? "" : report->findings[0].text);
    const Finding& finding = report->findings[0];
    EXPECT_EQ(FindingKindName(finding.kind), FindingKindName(kind)) << finding.text;
    EXPECT_EQ(finding.index.has_value(), index.has_value()) << finding.text;
    if (index.has_value() && finding.index.has_value()) {
      EXPECT_EQ(finding.index->value(), *index);
    }
    EXPECT_TRUE(absl::StrContains(finding.text, text)) << finding.text;
  }

  const note::SignerKey key_ = *note::GenerateSignerKey(kOrigin, note::KeyType::kEd25519);
  std::unique_ptr<note::Policy> policy_;
  MemoryLog log_;
  MemoryAuditStore store_;
};

TEST_F(AuditorTest, FindsNothingInASoundLogOfAnySize) {
  for (const uint64_t size : {0, 1, 2, 255, 256, 257, 512, 700}) {
    Fill(size);
    ExpectSound(size);
    MemoryAuditStore fresh;
    Auditor auditor(log_, *policy_, fresh, {});
    EXPECT_TRUE(auditor.Run()->sound()) << size;
  }
}

TEST_F(AuditorTest, GoesThroughThreeTileLevelsAndManyPartsInOrder) {
  Fill(66'000);
  ExpectSound(66'000);
  Fill(66'001);
  Auditor auditor(log_, *policy_, store_, {.threads = 2});
  EXPECT_TRUE(auditor.Run()->sound());
  EXPECT_EQ(auditor.entries_done(), 1);
}

TEST_F(AuditorTest, GoesOnWhereARunWasCutOff) {
  Fill(40'000);
  log_.FailAfter(100, absl::UnavailableError("the network"));
  EXPECT_TRUE(absl::IsUnavailable(Run().status()));
  log_.FailAfter(-1, absl::OkStatus());
  ExpectSound(40'000);
  Fill(40'700);
  ExpectSound(40'700);
}

TEST_F(AuditorTest, NoticesEveryResourceThatIsNotWhatTheEntriesLeadTo) {
  Fill(66'000);
  for (const std::string path :
       {"tile/0/000", "tile/0/100", "tile/0/257.p/208", "tile/1/000", "tile/1/001.p/1",
        "tile/2/000.p/1", "tile/entries/005", "tile/entries/257.p/208"}) {
    std::string bytes = *log_.Read(path, 1 << 20);
    bytes[bytes.size() / 2] ^= 1;
    log_.Replace(path, bytes);
    SCOPED_TRACE(path);
    ExpectUnreadable(absl::StatusCode::kUnavailable, "does not lead to the root");
    log_.Replace(path, bytes.substr(1));
    ExpectUnreadable(absl::StatusCode::kUnavailable, "does not lead to the root");
    log_.Replace(path, "");
    ExpectUnreadable(absl::StatusCode::kUnavailable, "does not lead to the root");
    log_.Replace(path, std::nullopt);
    ExpectUnreadable(absl::StatusCode::kUnavailable, "cannot be read");
    log_.Restore();
    store_ = MemoryAuditStore();
  }
  ExpectSound(66'000);
}

// What is served is whole and hangs together, and is yet not what the log signed.
TEST_F(AuditorTest, SaysNothingOfEntriesThatNoSignedRootCovers) {
  Fill(300'000);
  const std::string note = log_.note();
  // Early enough that the state is saved in between.
  log_.entries()[3] = "nonsense";
  log_.Publish();
  log_.Replace("checkpoint", note);
  ExpectUnreadable(absl::StatusCode::kUnavailable, "the first 262144 entries are not those");
}

TEST_F(AuditorTest, TakesTheFullResourceWhereAPartialOneIsGone) {
  Fill(300);
  log_.Replace("tile/0/001.p/44", std::nullopt);
  log_.Replace("tile/entries/001.p/44", std::nullopt);
  std::string tile = *log_.Read("tile/0/000", 1 << 20);
  const std::string note = log_.note();
  Fill(512);
  // The tree grew after the checkpoint that is shown.
  const std::string full_tile = *log_.Read("tile/0/001", 1 << 20);
  const std::string full_bundle = *log_.Read("tile/entries/001", 1 << 20);
  log_.Replace("checkpoint", note);
  ExpectSound(300);
}

TEST_F(AuditorTest, NoticesARootThatTheEntriesDoNotLeadTo) {
  Fill(10);
  log_.Sign(TreeSize(10), merkle::HashLeaf("another"));
  ExpectUnreadable(absl::StatusCode::kUnavailable, "its 10 entries lead to root");
}

TEST_F(AuditorTest, ConvictsALogThatShowsAnotherTreeThanBefore) {
  for (const uint64_t grown : {300, 300, 301, 700}) {
    store_ = MemoryAuditStore();
    log_.entries().clear();
    Fill(300);
    ExpectSound(300);
    log_.entries()[7] = Unsigned(StatementOn(7'000'000));
    Fill(grown);
    const absl::StatusOr<AuditReport> report = Run();
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_EQ(report->misbehaviours.size(), 1);
    EXPECT_EQ(report->findings[0].kind, FindingKind::kSplitView);
    const auto proved = note::VerifyMisbehaviour(report->misbehaviours[0], {key_.verifier_key()});
    EXPECT_TRUE(proved.ok()) << proved.status();
    // It is caught once and for ever.
    EXPECT_FALSE(Run()->sound());
  }
}

TEST_F(AuditorTest, HoldsOtherViewsAgainstTheLog) {
  Fill(300);
  const std::string small = log_.note();
  Fill(500);
  const std::string large = log_.note();
  ASSERT_TRUE(Run({{"a witness", small}})->sound());
  log_.Replace("checkpoint", small);
  store_ = MemoryAuditStore();
  const absl::StatusOr<AuditReport> behind = Run({{"a witness", large}});
  ASSERT_TRUE(behind.ok()) << behind.status();
  EXPECT_TRUE(behind->sound());
  ASSERT_EQ(behind->remarks.size(), 1);
  EXPECT_TRUE(absl::StrContains(behind->remarks[0], "a witness has 500 entries"));
  log_.Restore();
  log_.entries()[3] = Unsigned(StatementOn(7'000'000));
  Fill(501);
  store_ = MemoryAuditStore();
  const absl::StatusOr<AuditReport> split = Run({{"a witness", large}});
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(split->misbehaviours.size(), 1);
  EXPECT_TRUE(absl::IsInvalidArgument(Run({{"a file", "nonsense"}}).status()));
}

TEST_F(AuditorTest, ReportsARollbackAsObservedAndConvictsNobody) {
  Fill(300);
  const std::string small = log_.note();
  Fill(301);
  ExpectSound(301);
  log_.Replace("checkpoint", small);
  const absl::StatusOr<AuditReport> report = Run();
  ASSERT_EQ(report->finding_count, 1);
  EXPECT_EQ(report->findings[0].kind, FindingKind::kRegression);
  EXPECT_TRUE(report->misbehaviours.empty());
  EXPECT_EQ(report->audited, TreeSize(301));
  // An old copy looks the same, and what the log signed does not contradict itself.
  log_.Restore();
  ExpectSound(301);
}

TEST_F(AuditorTest, RefusesAStateOfAnotherLog) {
  Fill(3);
  ExpectSound(3);
  const note::SignerKey other = *note::GenerateSignerKey("log.example/b", note::KeyType::kEd25519);
  MemoryLog log(other.FormatSecret());
  const note::Policy policy =
      *note::Policy::Parse(absl::StrCat("log ", other.verifier_key().Format(), "\nquorum none\n"));
  Auditor auditor(log, policy, store_, {});
  EXPECT_TRUE(absl::IsFailedPrecondition(auditor.Run().status()));
}

TEST_F(AuditorTest, DemandsTheLogsSignatureAndThePolicysQuorum) {
  Fill(3);
  const note::SignerKey witness =
      *note::GenerateSignerKey("w.example", note::KeyType::kCosignature);
  policy_ = std::make_unique<note::Policy>(
      *note::Policy::Parse(absl::StrCat("log ", key_.verifier_key().Format(), "\nwitness w ",
                                        witness.verifier_key().Format(), "\nquorum w\n")));
  ExpectFinding(FindingKind::kQuorum, std::nullopt, "lacks the cosignatures");
  // Whoever serves it may have cut them off: it is so while it is so.
  log_.AddLine(Cosigned(witness, kStartMs / 1000));
  ExpectSound(3);
}

TEST_F(AuditorTest, HoldsNothingAgainstALogThatCannotBeRead) {
  Fill(3);
  const std::string note = log_.note();
  log_.Replace("checkpoint", std::nullopt);
  ExpectUnreadable(absl::StatusCode::kUnavailable, "not there");
  for (const std::string& bytes :
       {std::string(), std::string("<!DOCTYPE html><html>It works!</html>\n"), note + "more",
        note.substr(0, note.size() / 2), std::string(2 * note::kMaxNoteBytes, 'x')}) {
    log_.Replace("checkpoint", bytes);
    ExpectUnreadable(absl::StatusCode::kUnavailable, "cannot be read");
  }
  const note::SignerKey other = *note::GenerateSignerKey(kOrigin, note::KeyType::kEd25519);
  MemoryLog another(other.FormatSecret());
  log_.Replace("checkpoint", another.note());
  ExpectUnreadable(absl::StatusCode::kPermissionDenied, "says nothing about the log");
  log_.Restore();
  ExpectSound(3);
}

TEST_F(AuditorTest, CountsEntriesThatAreNewerThanItselfAndJudgesThemNot) {
  Fill(2);
  const auto newer = [](uint8_t kind) {
    return *entry::Encode({.accepted_at_ms = 7, .body = entry::UnknownEntry{kind, "later"}});
  };
  log_.Append(newer(4));
  log_.Append(newer(15));
  Fill(5);
  log_.Append(newer(15));
  Fill(7);
  ExpectSound(7);
  const absl::StatusOr<AuditReport> report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->remarks.size(), 2);
  EXPECT_TRUE(absl::StartsWith(report->remarks[0], "1 entry of kind 4, newer than this program"));
  EXPECT_TRUE(absl::StartsWith(report->remarks[1], "2 entries of kind 15, newer"));
}

TEST_F(AuditorTest, ReportsRotationsThatTheOldKeyDidNotSignAsTheOperatorsWord) {
  const PrivateKey a = Key('a');
  const PrivateKey b = Key('b');
  log_.Append(Declared("acme", a));
  log_.Append(Certifier(entry::CertifierAction::kRotate, entry::CertifierDemand::kSigned, "acme",
                        b.public_key()));
  log_.Append(Encoded(
      *entry::SignRotation(kOrigin, "acme", b, a.public_key(), entry::CertifierDemand::kSigned)));
  Fill(5);
  ExpectSound(5);
  // In a later run too, and only the first of them.
  const absl::StatusOr<AuditReport> report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->remarks.size(), 1);
  EXPECT_TRUE(absl::StrContains(report->remarks[0], "entry 1: the log rotates `acme`"));
  EXPECT_TRUE(absl::StrContains(report->remarks[0], "operator's word"));
  // One whose signature does not hold: it is by a key that is not in force any more.
  log_.Append(Encoded(*entry::SignRotation(kOrigin, "acme", b, Key('c').public_key(),
                                           entry::CertifierDemand::kSigned)));
  Fill(6);
  ExpectFinding(FindingKind::kSignature, 5, "");
}

TEST_F(AuditorTest, HoldsTheAgeOfACheckpointAgainstWhatIsAsked) {
  Fill(3);
  constexpr uint64_t kStartS = kStartMs / 1000;
  const auto run = [&](uint64_t now_s) {
    return Run({}, {.now_s = now_s, .max_age_s = kDefaultMaxAgeS});
  };
  const absl::StatusOr<AuditReport> fresh = run(kStartS + kDefaultMaxAgeS);
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_TRUE(fresh->sound());
  EXPECT_EQ(fresh->freshness.by, FreshBy::kNewestEntry);
  EXPECT_EQ(fresh->freshness.at_s, kStartS);
  const absl::StatusOr<AuditReport> old = run(kStartS + kDefaultMaxAgeS + 1);
  ASSERT_EQ(old->finding_count, 1);
  EXPECT_EQ(old->findings[0].kind, FindingKind::kAge);
  EXPECT_TRUE(absl::StrContains(old->findings[0].text, "more than 1 day ago"));
  // Without a new entry, but seen by a witness since.
  const note::SignerKey witness =
      *note::GenerateSignerKey("w.example", note::KeyType::kCosignature);
  policy_ = std::make_unique<note::Policy>(
      *note::Policy::Parse(absl::StrCat("log ", key_.verifier_key().Format(), "\nwitness w ",
                                        witness.verifier_key().Format(), "\nquorum w\n")));
  log_.AddLine(Cosigned(witness, kStartS + 1'000'000));
  const absl::StatusOr<AuditReport> quiet = run(kStartS + 1'000'000);
  ASSERT_TRUE(quiet.ok()) << quiet.status();
  EXPECT_TRUE(quiet->sound());
  EXPECT_EQ(quiet->freshness.by, FreshBy::kQuorum);
}

TEST_F(AuditorTest, KeepsWhatAPersonHasAcknowledged) {
  Fill(3);
  log_.Append("nonsense");
  Fill(5);
  ExpectFinding(FindingKind::kEntry, 3, "");
  const auto acknowledge = [&](uint64_t number) {
    return Run({}, {.now_s = 1'700'000'000,
                    .acknowledge = {{.first = number, .last = number, .reason = "a test entry"}}});
  };
  EXPECT_TRUE(absl::IsNotFound(acknowledge(2).status()));
  const absl::StatusOr<AuditReport> report = acknowledge(1);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->sound());
  for (int i = 0; i < 2; ++i) {
    const absl::StatusOr<AuditReport> later = Run();
    ASSERT_EQ(later->findings.size(), 1);
    EXPECT_TRUE(later->sound());
    EXPECT_EQ(later->findings[0].acknowledged->reason, "a test entry");
    EXPECT_EQ(later->findings[0].acknowledged->at_ms, 1'700'000'000'000);
  }
  // The next one is another matter.
  log_.Append("more nonsense");
  Fill(7);
  const absl::StatusOr<AuditReport> more = Run();
  EXPECT_FALSE(more->sound());
  ASSERT_EQ(more->findings.size(), 2);
  EXPECT_EQ(more->findings[1].number, 2);
  EXPECT_TRUE(more->findings[1].is_new);
  EXPECT_FALSE(Run()->findings[1].is_new);
}

TEST_F(AuditorTest, AcknowledgesNoFork) {
  Fill(300);
  ExpectSound(300);
  log_.entries()[7] = Unsigned(StatementOn(7'000'000));
  Fill(301);
  ASSERT_EQ(Run()->findings[0].kind, FindingKind::kSplitView);
  const absl::Status refused =
      Run({}, {.acknowledge = {{.first = 1, .last = 9, .reason = "no"}}}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_FALSE(Run()->sound());
}

TEST_F(AuditorTest, RefusesAStateOfAnotherKeyOfTheSameName) {
  Fill(3);
  ExpectSound(3);
  const note::SignerKey other = *note::GenerateSignerKey(kOrigin, note::KeyType::kEd25519);
  const note::Policy policy =
      *note::Policy::Parse(absl::StrCat("log ", other.verifier_key().Format(), "\nquorum none\n"));
  Auditor auditor(log_, policy, store_, {});
  const absl::Status refused = auditor.Run().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "a state of its own")) << refused;
}

// Version 1 kept for ever what it could not read, and did not say what it was of.
TEST_F(AuditorTest, TakesAStateOfVersion1ForAnAuditAndForgetsWhatItCouldNotRead) {
  log_.Append("nonsense");
  Fill(3);
  ASSERT_EQ(Run()->finding_count, 1);
  AuditState state = *ParseAuditState(**store_.ReadState());
  const std::string old = absl::StrCat(
      "cairn.v1/audit\nsize 3\nroot ", note::FormatBase64(state.audited.root.view()), "\nlast_ms ",
      state.last_ms, "\ncompared 3\nfinding checkpoint - ", note::FormatBase64("HTTP status 404"),
      "\nfinding tree - ", note::FormatBase64("a tile"), "\nfinding quorum - ",
      note::FormatBase64("none"), "\nfinding entry 0 ", note::FormatBase64("nonsense"),
      "\nfindings 4\n\n", log_.note());
  ASSERT_TRUE(store_.WriteState(old).ok());
  const absl::StatusOr<AuditReport> report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->findings.size(), 1);
  EXPECT_EQ(report->findings[0].kind, FindingKind::kEntry);
  EXPECT_FALSE(report->findings[0].is_new);
  EXPECT_TRUE(absl::StartsWith(**store_.ReadState(), "cairn.v2/audit\nof audit\n"));
  ASSERT_TRUE(store_.WriteState(old).ok());
  const absl::Status refused = Run({}, {.watch = "acme"}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
}

TEST_F(AuditorTest, HoldsTimesAgainstThoseOfWitnesses) {
  const note::SignerKey witness =
      *note::GenerateSignerKey("w.example", note::KeyType::kCosignature);
  policy_ = std::make_unique<note::Policy>(
      *note::Policy::Parse(absl::StrCat("log ", key_.verifier_key().Format(), "\nwitness w ",
                                        witness.verifier_key().Format(), "\nquorum w\n")));
  const auto cosign = [&](uint64_t at_s) { log_.AddLine(Cosigned(witness, at_s)); };
  constexpr uint64_t kStartS = kStartMs / 1000;
  Fill(3);
  cosign(kStartS);
  ExpectSound(3);
  // Accepted after a witness saw it.
  log_.Append(Unsigned(StatementOn(3), kStartMs + 61'001));
  log_.Publish();
  // The time 0 claims none.
  cosign(0);
  ExpectSound(4);
  log_.Publish();
  cosign(kStartS);
  ExpectFinding(FindingKind::kTime, std::nullopt, "a witness saw the tree with it");
  // Accepted long before witnesses saw a tree without it.
  store_ = MemoryAuditStore();
  log_.entries().resize(3);
  log_.Publish();
  cosign(kStartS + 10'000);
  ExpectSound(3);
  log_.Append(Unsigned(StatementOn(3), kStartMs + 1));
  log_.Publish();
  cosign(kStartS + 10'001);
  ExpectFinding(FindingKind::kTime, 3, "without this entry");
}

TEST_F(AuditorTest, NoticesTimesThatFall) {
  log_.Append(Unsigned(StatementOn(0), kStartMs + 1));
  Fill(2);
  ExpectFinding(FindingKind::kTime, 1, "before an earlier entry");
}

TEST_F(AuditorTest, NoticesEntriesOfNoKnownForm) {
  log_.Append("nonsense");
  Fill(2);
  ExpectFinding(FindingKind::kEntry, 0, "");
}

TEST_F(AuditorTest, NoticesStatementsThatTheirCertifierCouldNotMake) {
  const PrivateKey a = Key('a');
  const PrivateKey b = Key('b');
  log_.Append(Declared("acme", a));
  log_.Append(Signed(StatementOn(1, "acme"), a));
  log_.Append(Certifier(entry::CertifierAction::kRotate, entry::CertifierDemand::kSigned, "acme",
                        b.public_key()));
  log_.Append(Signed(StatementOn(2, "acme"), b));
  Fill(10);
  ExpectSound(10);
  const struct {
    std::string entry;
    FindingKind kind;
    std::string text;
  } cases[] = {
      {Signed(StatementOn(20, "acme"), a), FindingKind::kCertifier, "not its own"},
      {Unsigned(StatementOn(20, "acme")), FindingKind::kCertifier, "demands signatures"},
      {Signed(StatementOn(20, "other"), a), FindingKind::kCertifier, "not declared"},
      {Signed(StatementOn(20, "anonymous"), a), FindingKind::kCertifier, "`anonymous` has signed"},
      {Declared("acme", b), FindingKind::kCertifier, "acme"},
  };
  for (const auto& wrong : cases) {
    MemoryAuditStore before = store_;
    log_.Append(wrong.entry);
    Fill(11);
    ExpectFinding(wrong.kind, 10, wrong.text);
    log_.entries().resize(10);
    store_ = before;
  }
  // One made before the key's time.
  log_.Append(Certifier(entry::CertifierAction::kRetire, entry::CertifierDemand::kNothing, "acme",
                        std::nullopt));
  log_.Append(Signed(StatementOn(20, "acme"), b));
  Fill(12);
  ExpectFinding(FindingKind::kCertifier, 11, "retired at index 10");
}

TEST_F(AuditorTest, NoticesSignaturesThatDoNotHold) {
  const PrivateKey a = Key('a');
  log_.Append(Declared("acme", a));
  entry::SignedStatement statement = *entry::SignStatement(kOrigin, StatementOn(1, "acme"), a);
  statement.statement.policy_status = entry::PolicyStatus::kFail;
  log_.Append(Encoded(statement));
  // For another log.
  log_.Append(Encoded(*entry::SignStatement("log.example/b", StatementOn(2, "acme"), a)));
  Fill(10);
  const absl::StatusOr<AuditReport> report = Run();
  ASSERT_EQ(report->finding_count, 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(report->findings[i].kind, FindingKind::kSignature);
    EXPECT_EQ(report->findings[i].index, LeafIndex(i + 1));
  }
}

TEST_F(AuditorTest, NoticesWhatIsStatedTwiceAlsoInAnotherRun) {
  Fill(600);
  ExpectSound(600);
  const MemoryAuditStore before = store_;
  log_.Append(Unsigned(StatementOn(5), kStartMs + 7));
  Fill(601);
  ExpectFinding(FindingKind::kRepeat, 600, "the statement of index 5 again");
  log_.entries().resize(600);
  store_ = before;
  entry::Statement other = StatementOn(5);
  other.policy_status = entry::PolicyStatus::kFail;
  log_.Append(Unsigned(other));
  Fill(601);
  ExpectFinding(FindingKind::kRepeat, 600, "does not supersede it");
  log_.entries().resize(600);
  store_ = before;
  other.supersedes = LeafIndex(5);
  log_.Append(Unsigned(other));
  // A chain, of which each names the newest.
  other.policy_status = entry::PolicyStatus::kConditional;
  other.supersedes = LeafIndex(600);
  log_.Append(Unsigned(other));
  Fill(602);
  ExpectSound(602);
  other.policy_status = entry::PolicyStatus::kPass;
  log_.Append(Unsigned(other));
  Fill(603);
  ExpectFinding(FindingKind::kRepeat, 602, "index 601");
}

TEST_F(AuditorTest, NoticesASupersededStatementThatIsNotThere) {
  Fill(5);
  entry::Statement statement = StatementOn(100);
  statement.supersedes = LeafIndex(2);
  log_.Append(Unsigned(statement));
  Fill(6);
  ExpectFinding(FindingKind::kRepeat, 5, "supersedes index 2");
}

TEST_F(AuditorTest, RefusesADamagedState) {
  Fill(5);
  ExpectSound(5);
  const std::string state = **store_.ReadState();
  for (size_t cut = 0; cut < state.find("\n\n"); ++cut) {
    ASSERT_TRUE(store_.WriteState(state.substr(0, cut)).ok());
    EXPECT_TRUE(absl::IsDataLoss(Run().status())) << cut;
  }
}

}  // namespace
}  // namespace cairn::witness
