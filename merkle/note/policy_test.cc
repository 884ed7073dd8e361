#include "merkle/note/policy.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "merkle/hash.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/note.h"
#include "merkle/note/note_testing.h"

namespace cairn::note {
namespace {

constexpr char kOrigin[] = "log.example/one";

SignerKey WitnessKey(char seed) {
  return TestKey(absl::StrCat("witness.example/", std::string(1, seed)), seed,
                 KeyType::kCosignature);
}
std::string Vkey(const SignerKey& key) { return key.verifier_key().Format(); }
std::string LogLine() { return absl::StrCat("log ", Vkey(TestKey(kOrigin, 'l')), "\n"); }
std::string WitnessLine(char seed) {
  return absl::StrCat("witness ", std::string(1, seed), " ", Vkey(WitnessKey(seed)), "\n");
}
std::string Witnesses(const std::string& seeds) {
  std::string lines;
  for (const char seed : seeds) lines += WitnessLine(seed);
  return lines;
}

void ExpectRefused(const std::string& text, absl::string_view reason) {
  ExpectMalformed(Policy::Parse(text).status(), reason);
}

TEST(Policy, TakesCommentsBlanksAndUrlsAsTheyCome) {
  const std::string text = absl::StrCat(
      "# a comment\n\n  \t \n \t# another, indented\n", "\tlog \t ", Vkey(TestKey(kOrigin, 'l')),
      "  https://log.example/one/ \n", "witness W\xe2\x84\xaa# ", Vkey(WitnessKey('a')),
      " https://a.example\n", "group G any W\xe2\x84\xaa#\n", "quorum G");
  const auto policy = Policy::Parse(text);
  ASSERT_TRUE(policy.ok()) << policy.status();
  ASSERT_EQ(policy->logs().size(), 1U);
  EXPECT_EQ(policy->logs()[0].url, "https://log.example/one/");
  ASSERT_EQ(policy->witnesses().size(), 1U);
  EXPECT_EQ(policy->witnesses()[0].name, "W\xe2\x84\xaa#");
  EXPECT_EQ(policy->witnesses()[0].url, "https://a.example");
  EXPECT_EQ(policy->LogsOf(kOrigin), std::vector<size_t>{0});
  EXPECT_TRUE(policy->LogsOf("log.example/two").empty());
}

TEST(Policy, NeedsNothingButAQuorumLine) {
  const auto policy = Policy::Parse("quorum none\n");
  ASSERT_TRUE(policy.ok());
  EXPECT_TRUE(policy->needs_none());
  EXPECT_TRUE(policy->IsQuorum({}));
  ExpectRefused("", "no quorum line");
  ExpectRefused("quorum none\nquorum none\n", "line 2: there is a quorum line already");
}

TEST(Policy, SaysWhatIsWrongAndWhere) {
  const std::string log = Vkey(TestKey(kOrigin, 'l'));
  const std::string witness = Vkey(WitnessKey('a'));
  ExpectRefused("logs x\n", "line 1: its first word is none of");
  ExpectRefused("quorum none\r\n", "carriage returns");
  ExpectRefused(std::string("quorum none\0", 12), "control characters");
  ExpectRefused("quorum none\x7f", "control characters");
  ExpectRefused("log\n", "write `log");
  ExpectRefused("log " + log + " u v\n", "write `log");
  ExpectRefused("log nonsense\n", "line 1");
  ExpectRefused("log " + witness + "\n", "type 4 is not a log's");
  ExpectRefused("witness a " + log + "\n", "type 1 is not a witness's");
  ExpectRefused("witness a\n", "write `witness");
  ExpectRefused("witness none " + witness + "\n", "another name");
  ExpectRefused(LogLine() + LogLine(), "line 2: another log has the same public key");
  ExpectRefused("witness b " + witness + "\nwitness c " + witness, "same public key");
  ExpectRefused(WitnessLine('a') + "witness a " + Vkey(WitnessKey('b')), "`a` is defined already");
  ExpectRefused(Witnesses("ab") + "group a any b\n", "`a` is defined already");
  ExpectRefused("group g any a\n" + WitnessLine('a'), "no line above defines");
  ExpectRefused("group g any g\n", "no line above defines");
  ExpectRefused(WitnessLine('a') + "group g any none\n", "no line above defines");
  ExpectRefused(Witnesses("ab") + "group g 2 a a\n", "already a member");
  ExpectRefused(Witnesses("ab") + "group g any a\ngroup h all g a\n", "already a member");
  for (const char* k : {"0", "3", "01", "+1", "-1", "ALL", "18446744073709551617"}) {
    ExpectRefused(absl::StrCat(Witnesses("ab"), "group g ", k, " a b\n"), "1 to the 2 members");
  }
  ExpectRefused(WitnessLine('a') + "group g any\n", "write `group");
  ExpectRefused("quorum a\n" + WitnessLine('a'), "no line above defines");
  ExpectRefused("quorum\n", "write `quorum");
  ExpectRefused("quorum none # for now\n",
                "write `quorum <name>|none`; a comment stands on a line");
  ExpectRefused(WitnessLine('a') + "group g any a #b\n", "a comment stands on a line of its own");
  EXPECT_TRUE(Policy::Parse("witness #a " + witness + "\nquorum #a\n").ok());
}

TEST(Policy, RepeatsNeitherAKeyNorAPassword) {
  const std::string secret = "AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
  for (const std::string& text :
       {"PRIVATE+KEY+log.example/test+6ffdf1c0+" + secret, secret, "log " + secret,
        "witness a " + secret,
        "log " + Vkey(TestKey(kOrigin, 'l')) + " https://u:" + secret + "@h/",
        "witness a " + Vkey(WitnessKey('a')) + " https://" + secret + "@h/"}) {
    const auto refused = Policy::Parse(text + "\nquorum none\n").status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(refused.message().find(secret.substr(0, 12)), std::string::npos) << refused;
  }
  ExpectRefused("log " + Vkey(TestKey(kOrigin, 'l')) + " https://u:p@h/\n",
                "line 1: the URL has a user name or password in it");
}

TEST(Policy, ReadsTenThousandLogs) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) {
    const SignerKey key = *GenerateSignerKey(absl::StrCat("log.example/", i % 9'000));
    absl::StrAppend(&text, "log ", Vkey(key), "\n");
  }
  const auto policy = Policy::Parse(text + "quorum none\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->logs().size(), 10'000U);
  EXPECT_EQ(policy->LogsOf("log.example/8999").size(), 1U);
  EXPECT_EQ(policy->LogsOf("log.example/7").size(), 2U);
}

// A random tree of groups over `leaves` witnesses, as text and as a function.
struct RandomPolicy {
  struct Group {
    size_t k;
    std::vector<size_t> members;
  };
  size_t leaves;
  std::vector<Group> groups;  // Members below `leaves` are witnesses.
  size_t quorum;

  static RandomPolicy Make(size_t leaves, std::mt19937& random) {
    RandomPolicy out{.leaves = leaves, .groups = {}, .quorum = 0};
    std::vector<size_t> free(leaves);
    for (size_t i = 0; i < leaves; ++i) free[i] = i;
    while (free.size() > 1 && (out.groups.empty() || random() % 4 != 0)) {
      std::shuffle(free.begin(), free.end(), random);
      const size_t n = 1 + random() % free.size();
      Group group{.k = 1 + random() % n, .members = {free.end() - n, free.end()}};
      free.resize(free.size() - n);
      free.push_back(leaves + out.groups.size());
      out.groups.push_back(group);
    }
    out.quorum = free[random() % free.size()];
    return out;
  }
  std::string Name(size_t node) const {
    return node < leaves ? std::string(1, static_cast<char>('a' + node))
                         : absl::StrCat("g", node - leaves);
  }
  std::string Text() const {
    std::string seeds;
    for (size_t i = 0; i < leaves; ++i) seeds += static_cast<char>('a' + i);
    std::string text = Witnesses(seeds);
    for (size_t g = 0; g < groups.size(); ++g) {
      absl::StrAppend(&text, "group g", g, " ", groups[g].k);
      for (const size_t member : groups[g].members) absl::StrAppend(&text, " ", Name(member));
      text += "\n";
    }
    return absl::StrCat(text, "quorum ", Name(quorum), "\n");
  }
  bool Holds(size_t node, uint32_t set) const {
    if (node < leaves) return (set >> node & 1) != 0;
    size_t count = 0;
    for (const size_t member : groups[node - leaves].members) count += Holds(member, set) ? 1 : 0;
    return count >= groups[node - leaves].k;
  }
};

TEST(Policy, QuorumsAreThoseOfTheDefinition) {
  std::mt19937 random(1);
  size_t divisible = 0;
  for (int round = 0; round < 500; ++round) {
    const RandomPolicy reference = RandomPolicy::Make(1 + random() % 7, random);
    const auto policy = Policy::Parse(reference.Text());
    ASSERT_TRUE(policy.ok()) << policy.status() << "\n" << reference.Text();
    const uint32_t all = (1u << reference.leaves) - 1;
    bool disjoint = false;
    for (uint32_t set = 0; set <= all; ++set) {
      WitnessSet cosigned(reference.leaves);
      for (size_t i = 0; i < reference.leaves; ++i) cosigned[i] = (set >> i & 1) != 0;
      const bool holds = reference.Holds(reference.quorum, set);
      ASSERT_EQ(policy->IsQuorum(cosigned), holds) << reference.Text() << set;
      disjoint = disjoint || (holds && reference.Holds(reference.quorum, all & ~set));
    }
    ASSERT_EQ(policy->HasDisjointQuorums(), disjoint) << reference.Text();
    divisible += disjoint ? 1 : 0;
  }
  EXPECT_GT(divisible, 50U);
  EXPECT_LT(divisible, 450U);
}

class JudgeCheckpointTest : public ::testing::Test {
 protected:
  // A checkpoint signed by the log, with cosignatures of `witnesses` at 100, 101, ...
  std::string Note(const std::string& witnesses, char log_seed = 'l') {
    const SignerKey log = TestKey(kOrigin, log_seed);
    const std::string text = *FormatCheckpoint(
        {.origin = kOrigin, .size = TreeSize(5), .root = merkle::HashLeaf("x"), .extensions = {}});
    cairn::note::Note note{
        text, {{log.name(), log.verifier_key().id(), std::string(log.Sign(text).view())}}};
    uint64_t at = 100;
    for (const char seed : witnesses) {
      const SignerKey key = WitnessKey(seed);
      note.signatures.push_back({key.name(), key.verifier_key().id(), *Cosign(key, at++, text)});
    }
    return *FormatNote(note);
  }
  const Policy policy_ =
      *Policy::Parse(LogLine() + Witnesses("abc") + "group g 2 a b c\nquorum g\n");
};

TEST_F(JudgeCheckpointTest, CountsTheWitnessesThatCosigned) {
  const auto verdict = JudgeCheckpoint(Note("ac"), policy_);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_TRUE(verdict->quorum);
  EXPECT_EQ(verdict->checkpoint.size, TreeSize(5));
  EXPECT_EQ(verdict->cosigned_at_s[0], 100U);
  EXPECT_FALSE(verdict->cosigned_at_s[1].has_value());
  EXPECT_EQ(verdict->cosigned_at_s[2], 101U);
}

TEST_F(JudgeCheckpointTest, AWitnessCountsOnceAndStrangersNever) {
  EXPECT_FALSE(JudgeCheckpoint(Note("aa"), policy_)->quorum);
  EXPECT_EQ(JudgeCheckpoint(Note("aa"), policy_)->cosigned_at_s[0], 101U);
  EXPECT_FALSE(JudgeCheckpoint(Note("axyz"), policy_)->quorum);
}

TEST_F(JudgeCheckpointTest, RefusesNotesOfOtherLogsAndBadLines) {
  ExpectError(JudgeCheckpoint(Note("ab", 'm'), policy_).status(),
              absl::StatusCode::kPermissionDenied, "");
  std::string bad = Note("ab");
  // A bit of the last signature.
  const size_t at = bad.size() - 10;
  bad[at] = bad[at] == 'A' ? 'B' : 'A';
  EXPECT_EQ(JudgeCheckpoint(bad, policy_).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_FALSE(JudgeCheckpoint("nonsense", policy_).ok());
}

}  // namespace
}  // namespace cairn::note
