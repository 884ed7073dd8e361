#include "anchor/states.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "anchor/receipt.h"
#include "gtest/gtest.h"

namespace cairn::anchor {
namespace {

using Random = std::mt19937_64;
using Key = std::pair<uint64_t, std::string>;

// DESIGN's sentences, for one index at a time, by looking at everything.
struct Naive {
  struct Kept {
    ReceiptState state = ReceiptState::kPrepared;
    bool was_final = false;
  };
  std::vector<RoundHead> rounds;
  std::vector<RuleVersion> rules;
  std::map<Key, Kept> receipts;

  const RuleVersion* RuleOf(uint64_t round) const {
    const RuleVersion* rule = nullptr;
    for (const RuleVersion& version : rules) {
      if (version.from_round <= round) rule = &version;
    }
    return rule;
  }

  bool Counts(const RuleVersion& rule, const std::string& name) const {
    for (const RuleAnchor& anchor : rule.rule.anchors) {
      if (anchor.name == name) return !SameOperator(anchor.operated_by, rule.rule.log_operator);
    }
    return false;
  }

  // Of receipts in their order, those by whose operator there is none before.
  static std::vector<ReceiptPlace> FirstOfEachOperator(const Rule& rule,
                                                       const std::vector<ReceiptPlace>& places) {
    std::set<std::string> seen;
    std::vector<ReceiptPlace> first;
    for (const ReceiptPlace& place : places) {
      for (const RuleAnchor& anchor : rule.anchors) {
        if (anchor.name != place.anchor) continue;
        if (seen.insert(absl::AsciiStrToLower(anchor.operated_by)).second) first.push_back(place);
      }
    }
    return first;
  }

  EntryState Of(LeafIndex index) const {
    EntryState out;
    if (!rules.empty()) out.rule_version = rules.back().version;
    for (const RuleVersion& rule : rules) {
      // Of each anchor, in the rule's order, the first round that counts.
      std::vector<ReceiptPlace> final, accepted;
      for (const RuleAnchor& anchor : rule.rule.anchors) {
        bool has_final = false, has_accepted = false;
        for (const RoundHead& round : rounds) {
          const auto at = receipts.find({round.number, anchor.name});
          if (!round.size.contains(index) || RuleOf(round.number) != &rule ||
              !Counts(rule, anchor.name) || at == receipts.end()) {
            continue;
          }
          const Kept& kept = at->second;
          if (kept.was_final && kept.state != ReceiptState::kFinal) out.was_final = true;
          const ReceiptPlace place{round.number, anchor.name};
          if (kept.state == ReceiptState::kFinal && !has_final &&
              (round.witnessed || !rule.rule.needs_witnesses)) {
            has_final = true;
            final.push_back(place);
          }
          if (IsAccepted(kept.state) && !has_accepted) {
            has_accepted = true;
            accepted.push_back(place);
          }
        }
      }
      const auto by_round = [](const ReceiptPlace& a, const ReceiptPlace& b) {
        return a.round < b.round;
      };
      std::stable_sort(final.begin(), final.end(), by_round);
      std::stable_sort(accepted.begin(), accepted.end(), by_round);
      if (rule.rule.form == RuleForm::kOperators) final = FirstOfEachOperator(rule.rule, final);
      const size_t needed =
          rule.rule.form == RuleForm::kOperators ? rule.rule.needed : NeededCount(rule.rule);
      if (out.state != ProofState::kVerified && final.size() >= needed) {
        final.resize(needed);
        out.state = ProofState::kVerified;
        out.rule_version = rule.version;
        out.deciding = final;
      }
      if (out.state == ProofState::kPending && !accepted.empty()) {
        out.state = ProofState::kAnchored;
        out.rule_version = rule.version;
        out.deciding = {accepted.front()};
      }
    }
    return out;
  }
};

const std::vector<std::string> kAnchors = {"a", "b", "c", "d"};

uint64_t Below(Random& random, uint64_t bound) { return random() % bound; }

Rule RandomRule(Random& random) {
  while (true) {
    Rule rule{.form = static_cast<RuleForm>(1 + Below(random, 4)),
              .needs_witnesses = Below(random, 4) == 0,
              .log_operator = "the log"};
    if (rule.form == RuleForm::kSome || rule.form == RuleForm::kOperators) {
      rule.needed = 1 + Below(random, 3);
    }
    for (const std::string& name : kAnchors) {
      if (Below(random, 3) == 0) continue;
      static constexpr const char* kOperators[] = {"The Log", "someone", "SomeOne", "another",
                                                   "a third"};
      rule.anchors.push_back({name, kOperators[Below(random, 5)]});
    }
    if (CheckRule(rule).ok()) return rule;
  }
}

class History {
 public:
  explicit History(uint64_t seed) : random_(seed) {}

  void Step() {
    const uint64_t dice = Below(random_, 60);
    if (dice == 0 || naive_.rules.empty()) {
      AddRule();
    } else if (dice < 6 || naive_.rounds.empty()) {
      AddRound();
    } else {
      MoveReceipt();
    }
  }

  void Compare() const {
    const uint64_t end = (naive_.rounds.empty() ? 0 : naive_.rounds.back().size.value()) + 2;
    for (uint64_t i = 0; i < end; ++i) {
      const EntryState got = states_.Of(LeafIndex(i)), expected = naive_.Of(LeafIndex(i));
      ASSERT_EQ(got, expected) << "index " << i << ": " << ProofStateName(got.state) << " by rule "
                               << got.rule_version << ", expected "
                               << ProofStateName(expected.state) << " by " << expected.rule_version;
      for (const auto state : {ProofState::kAnchored, ProofState::kVerified}) {
        ASSERT_EQ(states_.Reached(state).contains(LeafIndex(i)), expected.state >= state) << i;
      }
      ++seen[expected.state];
      fallen += expected.was_final ? 1 : 0;
    }
  }

  static inline std::map<ProofState, int> seen;
  static inline int fallen = 0;

 private:
  void AddRule() {
    const RuleVersion* newest = states_.newest_rule();
    const RuleVersion version{.version = newest == nullptr ? 1 : newest->version + 1,
                              .from_round = std::max(naive_.rounds.size() + 1,
                                                     newest == nullptr ? 1 : newest->from_round),
                              .rule = RandomRule(random_)};
    ASSERT_TRUE(states_.AddRule(version).ok());
    naive_.rules.push_back(version);
  }
  void AddRound() {
    const uint64_t before = naive_.rounds.empty() ? 0 : naive_.rounds.back().size.value();
    const RoundHead round{.number = naive_.rounds.size() + 1,
                          .size = TreeSize(before + 1 + Below(random_, 3)),
                          .witnessed = Below(random_, 2) == 0};
    ASSERT_TRUE(states_.AddRound(round).ok());
    naive_.rounds.push_back(round);
  }
  // Along an arrow, most often forward.
  void MoveReceipt() {
    const Key key{1 + Below(random_, naive_.rounds.size()), kAnchors[Below(random_, 4)]};
    Naive::Kept& kept = naive_.receipts[key];
    ReceiptHead head{.state = kept.state, .was_final = kept.was_final};
    for (uint64_t arrows = 1 + Below(random_, 4); arrows > 0; --arrows) {
      const bool back = head.state == ReceiptState::kFinal || Below(random_, 10) == 0;
      for (int i = back ? 6 : 2; i <= 7 && !Move(static_cast<ReceiptState>(i), head).ok(); ++i) {
      }
    }
    kept = {head.state, head.was_final};
    ASSERT_TRUE(states_.SetReceipt(key.first, key.second, kept.state, kept.was_final).ok());
  }

  Random random_;
  States states_;
  Naive naive_;
};

TEST(States, EqualANaiveModelForEveryIndexOfRandomHistories) {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    History history(seed);
    for (int step = 0; step < 120; ++step) {
      history.Step();
      if (step % 8 == 0) history.Compare();
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
  // The histories went everywhere.
  for (const auto state : {ProofState::kPending, ProofState::kAnchored, ProofState::kVerified}) {
    EXPECT_GT(History::seen[state], 10'000) << ProofStateName(state);
  }
  EXPECT_GT(History::fallen, 1'000);
}

Rule AllOf(std::vector<RuleAnchor> anchors) {
  return {.form = RuleForm::kAll, .log_operator = "the log", .anchors = std::move(anchors)};
}

TEST(States, FallWhenTheLastReceiptThatHoldsThemIsReorganised) {
  States states;
  ASSERT_TRUE(states.AddRule({1, 1, AllOf({{"a", "x"}})}).ok());
  ASSERT_TRUE(states.AddRound({.number = 1, .size = TreeSize(10)}).ok());
  ASSERT_TRUE(states.AddRound({.number = 2, .size = TreeSize(20)}).ok());
  ASSERT_TRUE(states.SetReceipt(1, "a", ReceiptState::kFinal, false).ok());
  ASSERT_TRUE(states.SetReceipt(2, "a", ReceiptState::kFinal, false).ok());
  EXPECT_EQ(states.Of(LeafIndex(9)), (EntryState{ProofState::kVerified, 1, {{1, "a"}}, false}));
  ASSERT_TRUE(states.SetReceipt(1, "a", ReceiptState::kReorganised, true).ok());
  EXPECT_EQ(states.Of(LeafIndex(9)), (EntryState{ProofState::kVerified, 1, {{2, "a"}}, true}));
  ASSERT_TRUE(states.SetReceipt(2, "a", ReceiptState::kReorganised, true).ok());
  EXPECT_EQ(states.Of(LeafIndex(9)), (EntryState{ProofState::kPending, 1, {}, true}));
  EXPECT_EQ(states.Of(LeafIndex(20)), (EntryState{ProofState::kPending, 1, {}, false}));
}

TEST(States, AreNotMovedByTheOperatorsOwnAnchorNorByWitnesses) {
  States states;
  Rule rule = AllOf({{"a", "x"}, {"own", "THE LOG"}});
  rule.needs_witnesses = true;
  ASSERT_TRUE(states.AddRule({1, 1, rule}).ok());
  ASSERT_TRUE(states.AddRound({.number = 1, .size = TreeSize(10), .witnessed = true}).ok());
  ASSERT_TRUE(states.AddRound({.number = 2, .size = TreeSize(20), .witnessed = false}).ok());
  EXPECT_EQ(states.Of(LeafIndex(0)).state, ProofState::kPending);
  ASSERT_TRUE(states.SetReceipt(1, "own", ReceiptState::kFinal, false).ok());
  ASSERT_TRUE(states.SetReceipt(1, "stranger", ReceiptState::kFinal, false).ok());
  EXPECT_EQ(states.Of(LeafIndex(0)).state, ProofState::kPending);
  ASSERT_TRUE(states.SetReceipt(2, "a", ReceiptState::kFinal, false).ok());
  EXPECT_EQ(states.Of(LeafIndex(0)).state, ProofState::kAnchored);
  ASSERT_TRUE(states.SetReceipt(1, "a", ReceiptState::kFinal, false).ok());
  EXPECT_EQ(states.Of(LeafIndex(0)).state, ProofState::kVerified);
}

TEST(States, CountAnOperatorOnceHoweverManyAnchorsItRuns) {
  States states;
  const Rule rule{.form = RuleForm::kOperators,
                  .needed = 2,
                  .log_operator = "the log",
                  .anchors = {{"a", "Example CA"}, {"b", "EXAMPLE ca"}, {"c", "Bitcoin"}}};
  ASSERT_TRUE(states.AddRule({1, 1, rule}).ok());
  ASSERT_TRUE(states.AddRound({.number = 1, .size = TreeSize(10)}).ok());
  ASSERT_TRUE(states.SetReceipt(1, "a", ReceiptState::kFinal, false).ok());
  ASSERT_TRUE(states.SetReceipt(1, "b", ReceiptState::kFinal, false).ok());
  EXPECT_EQ(states.Of(LeafIndex(9)), (EntryState{ProofState::kAnchored, 1, {{1, "a"}}, false}));
  EXPECT_EQ(states.Reached(ProofState::kVerified), TreeSize(0));
  ASSERT_TRUE(states.SetReceipt(1, "c", ReceiptState::kFinal, false).ok());
  EXPECT_EQ(states.Of(LeafIndex(9)),
            (EntryState{ProofState::kVerified, 1, {{1, "a"}, {1, "c"}}, false}));
  EXPECT_EQ(states.Reached(ProofState::kVerified), TreeSize(10));
  // The operator's other anchor holds its place.
  ASSERT_TRUE(states.SetReceipt(1, "a", ReceiptState::kReorganised, true).ok());
  EXPECT_EQ(states.Of(LeafIndex(9)),
            (EntryState{ProofState::kVerified, 1, {{1, "b"}, {1, "c"}}, true}));
}

TEST(States, ReadAStoredRuleThatCountsAnchorsAsItWasMade) {
  States states;
  Rule rule{.form = RuleForm::kSome,
            .needed = 2,
            .log_operator = "the log",
            .anchors = {{"a", "Example CA"}, {"b", "Example CA"}, {"c", "Bitcoin"}}};
  ASSERT_TRUE(states.AddRule({1, 1, rule}).ok());
  ASSERT_TRUE(states.AddRound({.number = 1, .size = TreeSize(10)}).ok());
  ASSERT_TRUE(states.SetReceipt(1, "a", ReceiptState::kFinal, false).ok());
  ASSERT_TRUE(states.SetReceipt(1, "b", ReceiptState::kFinal, false).ok());
  rule.form = RuleForm::kOperators;
  ASSERT_TRUE(states.AddRule({2, 2, rule}).ok());
  ASSERT_TRUE(states.AddRound({.number = 2, .size = TreeSize(20)}).ok());
  ASSERT_TRUE(states.SetReceipt(2, "a", ReceiptState::kFinal, false).ok());
  ASSERT_TRUE(states.SetReceipt(2, "b", ReceiptState::kFinal, false).ok());
  EXPECT_EQ(states.Of(LeafIndex(9)).state, ProofState::kVerified);
  EXPECT_EQ(states.Of(LeafIndex(9)).rule_version, 1U);
  EXPECT_EQ(states.Of(LeafIndex(19)).state, ProofState::kAnchored);
}

TEST(States, KeepWhatAnEarlierRuleShowed) {
  States states;
  ASSERT_TRUE(states.AddRule({1, 1, AllOf({{"a", "x"}})}).ok());
  ASSERT_TRUE(states.AddRound({.number = 1, .size = TreeSize(10)}).ok());
  ASSERT_TRUE(states.SetReceipt(1, "a", ReceiptState::kFinal, false).ok());
  ASSERT_TRUE(states.AddRule({2, 2, AllOf({{"a", "x"}, {"b", "y"}})}).ok());
  ASSERT_TRUE(states.AddRound({.number = 2, .size = TreeSize(20)}).ok());
  ASSERT_TRUE(states.SetReceipt(2, "a", ReceiptState::kFinal, false).ok());
  EXPECT_EQ(states.Of(LeafIndex(5)), (EntryState{ProofState::kVerified, 1, {{1, "a"}}, false}));
  EXPECT_EQ(states.Of(LeafIndex(15)), (EntryState{ProofState::kAnchored, 2, {{2, "a"}}, false}));
}

TEST(States, RefuseAHistoryOutOfOrder) {
  States states;
  EXPECT_FALSE(states.AddRound({.number = 2, .size = TreeSize(1)}).ok());
  ASSERT_TRUE(states.AddRound({.number = 1, .size = TreeSize(5)}).ok());
  EXPECT_EQ(states.AddRound({.number = 2, .size = TreeSize(5)}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(states.SetReceipt(2, "a", ReceiptState::kFinal, false).ok());
  EXPECT_FALSE(states.SetReceipt(0, "a", ReceiptState::kFinal, false).ok());
  EXPECT_FALSE(states.AddRule({2, 1, AllOf({{"a", "x"}})}).ok());
}

}  // namespace
}  // namespace cairn::anchor
