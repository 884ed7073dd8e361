// What an auditor does that watches over a certifier's name.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/statement.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"
#include "merkle/signature/ed25519.h"
#include "witness/auditor.h"
#include "witness/testing/memory_log.h"

namespace cairn::witness {
namespace {

constexpr char kOrigin[] = "log.example/monitored";

PrivateKey Key(char seed) { return *PrivateKey::FromSeed(std::string(32, seed)); }

std::string Encoded(entry::Body body) {
  return *entry::Encode({.accepted_at_ms = 1'700'000'000'000, .body = std::move(body)});
}

std::string Certifier(entry::CertifierAction action, const std::string& name,
                      std::optional<PublicKey> key) {
  const auto demand = action == entry::CertifierAction::kRetire ? entry::CertifierDemand::kNothing
                                                                : entry::CertifierDemand::kSigned;
  return Encoded(entry::CertifierEntry{
      .action = action, .demand = demand, .name = name, .key = std::move(key)});
}

std::string Signed(int number, const std::string& certifier, const PrivateKey& key) {
  entry::Statement statement;
  statement.certificate_hash = merkle::HashLeaf(absl::StrCat(number));
  statement.certifier = certifier;
  return Encoded(*entry::SignStatement(kOrigin, std::move(statement), key));
}

class MonitorTest : public ::testing::Test {
 protected:
  MonitorTest()
      : policy_(*note::Policy::Parse(
            absl::StrCat("log ", key_.verifier_key().Format(), "\nquorum none\n"))),
        log_(key_.FormatSecret()) {}

  // Statements on `numbers` are known.
  absl::StatusOr<AuditReport> Run(const std::vector<int>& numbers,
                                  std::vector<Acknowledged> acknowledge = {}) {
    log_.Publish();
    shown_.clear();
    std::string known;
    for (const int number : numbers) absl::StrAppend(&known, number, " ");
    const auto judge = [&](LeafIndex index, absl::string_view bytes) -> std::optional<Finding> {
      shown_.push_back(index.value());
      const entry::Entry entry = *entry::Decode(bytes);
      const auto& statement = std::get<entry::SignedStatement>(entry.body).statement;
      for (const int number : numbers) {
        if (statement.certificate_hash == merkle::HashLeaf(absl::StrCat(number))) {
          return std::nullopt;
        }
      }
      return Finding{.kind = FindingKind::kUnknown, .text = "not mine"};
    };
    Auditor auditor(log_, policy_, store_,
                    {.threads = 2,
                     .watch = "acme",
                     .judge = judge,
                     .known = merkle::Sha256(known),
                     .acknowledge = std::move(acknowledge)});
    return auditor.Run();
  }
  void Declare() {
    log_.Append(Certifier(entry::CertifierAction::kDeclare, "acme", a_.public_key()));
  }

  const PrivateKey a_ = Key('a');
  const PrivateKey b_ = Key('b');
  const note::SignerKey key_ = *note::GenerateSignerKey(kOrigin, note::KeyType::kEd25519);
  const note::Policy policy_;
  MemoryLog log_;
  MemoryAuditStore store_;
  std::vector<uint64_t> shown_;
};

TEST_F(MonitorTest, ShowsStatementsUnderTheNameInOrderInEveryRun) {
  Declare();
  log_.Append(Certifier(entry::CertifierAction::kDeclare, "other", b_.public_key()));
  for (int i = 0; i < 300; ++i) {
    log_.Append(i % 3 == 0 ? Signed(i, "acme", a_) : Signed(i, "other", b_));
  }
  const absl::StatusOr<AuditReport> report = Run({});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(shown_.size(), 100);
  EXPECT_EQ(report->watched, 100);
  for (size_t i = 0; i < shown_.size(); ++i) EXPECT_EQ(shown_[i], 2 + 3 * i);
  ASSERT_EQ(Run({})->watched, 100);
}

// What the owner learns or forgets between runs counts for every statement, also an old one.
TEST_F(MonitorTest, JudgesEveryStatementByWhatIsKnownNow) {
  Declare();
  log_.Append(Signed(1, "acme", a_));
  log_.Append(Signed(2, "acme", a_));
  ASSERT_TRUE(Run({1}, {})->findings.size() == 2);
  const absl::StatusOr<AuditReport> first = Run({1}, {{.first = 2, .last = 2, .reason = "mine"}});
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->findings.size(), 2);
  EXPECT_EQ(first->findings[0].kind, FindingKind::kUnknown);
  EXPECT_EQ(first->findings[0].index, LeafIndex(2));
  EXPECT_EQ(first->findings[1].kind, FindingKind::kKeys);
  EXPECT_FALSE(first->sound());
  // Its evidence came later.
  const absl::StatusOr<AuditReport> resolved = Run({1, 2});
  EXPECT_TRUE(resolved->sound());
  ASSERT_EQ(resolved->remarks.size(), 1);
  EXPECT_TRUE(absl::StrContains(resolved->remarks[0], "not what was known in the run before"));
  EXPECT_TRUE(Run({1, 2})->remarks.empty());
  // And evidence that was there is gone.
  const absl::StatusOr<AuditReport> gone = Run({2});
  EXPECT_FALSE(gone->sound());
  ASSERT_EQ(gone->findings.size(), 2);
  EXPECT_EQ(gone->findings[1].index, LeafIndex(1));
  EXPECT_TRUE(gone->findings[1].is_new);
}

TEST_F(MonitorTest, ReportsEveryChangeOfTheCertifiersKeysUntilItIsAcknowledged) {
  Declare();
  log_.Append(Certifier(entry::CertifierAction::kRotate, "acme", b_.public_key()));
  log_.Append(Certifier(entry::CertifierAction::kRetire, "acme", std::nullopt));
  log_.Append(Certifier(entry::CertifierAction::kDeclare, "other", b_.public_key()));
  for (int i = 0; i < 2; ++i) {
    const absl::StatusOr<AuditReport> report = Run({});
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_EQ(report->findings.size(), 3);
    const std::string says[] = {"declares `acme`", "by the operator's word", "retires `acme`"};
    for (size_t at = 0; at < 3; ++at) {
      EXPECT_EQ(report->findings[at].kind, FindingKind::kKeys);
      EXPECT_EQ(report->findings[at].index, LeafIndex(at));
      EXPECT_TRUE(absl::StrContains(report->findings[at].text, says[at]));
    }
    EXPECT_FALSE(report->sound());
  }
  EXPECT_TRUE(Run({}, {{.first = 1, .last = 3, .reason = "planned"}})->sound());
  EXPECT_TRUE(Run({})->sound());
}

TEST_F(MonitorTest, RemarksNamesThatLookLikeTheCertifiers) {
  Declare();
  for (const std::string name : {"Acme", "ac.me", "acne", "acme2", "ac.me"}) {
    log_.Append(Certifier(entry::CertifierAction::kDeclare, name, b_.public_key()));
  }
  log_.entries().pop_back();
  ASSERT_TRUE(Run({}).ok());
  const absl::StatusOr<AuditReport> report = Run({});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->remarks.size(), 2);
  EXPECT_TRUE(absl::StrContains(report->remarks[0], "`Acme`, first at entry 1,"));
  EXPECT_TRUE(absl::StrContains(report->remarks[1], "`ac.me`, first at entry 2,"));
}

TEST_F(MonitorTest, RefusesAStateOfSomethingElse) {
  Declare();
  ASSERT_TRUE(Run({}).ok());
  for (const std::string other : {"", "acme2", "Acme"}) {
    Auditor auditor(log_, policy_, store_,
                    {.watch = other, .judge = [](auto...) { return std::optional<Finding>(); }});
    const absl::Status refused = auditor.Run().status();
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    EXPECT_TRUE(absl::StrContains(refused.message(), "is of the monitor of `acme`")) << refused;
  }
  store_ = MemoryAuditStore();
  ASSERT_TRUE(Auditor(log_, policy_, store_, {}).Run().ok());
  const absl::Status refused = Run({}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "is of an audit, not of the monitor"))
      << refused;
}

}  // namespace
}  // namespace cairn::witness
