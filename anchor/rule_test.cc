#include "anchor/rule.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cairn::anchor {
namespace {

Rule Sound() {
  return {.form = RuleForm::kSome,
          .needed = 2,
          .log_operator = "Example Log",
          .anchors = {{"tsa", "Example CA"}, {"btc", "Bitcoin"}, {"own", "example log"}}};
}

std::string Refusal(const Rule& rule) {
  const absl::Status checked = CheckRule(rule);
  EXPECT_EQ(checked.code(), absl::StatusCode::kInvalidArgument) << checked;
  return std::string(checked.message());
}

TEST(Rule, NeverCountsWhatTheLogsOwnOperatorRuns) {
  Rule rule = Sound();
  ASSERT_TRUE(CheckRule(rule).ok());
  EXPECT_EQ(CountingAnchors(rule), (std::vector<std::string>{"tsa", "btc"}));
  rule.needed = 3;
  EXPECT_NE(Refusal(rule).find("3 anchors of the 2 that count"), std::string::npos);
  rule.anchors = {{"own", "EXAMPLE LOG"}};
  for (const RuleForm form : {RuleForm::kAny, RuleForm::kAll, RuleForm::kSome}) {
    rule.form = form;
    rule.needed = form == RuleForm::kSome ? 1 : 0;
    EXPECT_NE(Refusal(rule).find("never hold"), std::string::npos);
  }
}

TEST(Rule, CountsOperatorsOnceEach) {
  Rule rule = Sound();
  rule.form = RuleForm::kOperators;
  ASSERT_TRUE(CheckRule(rule).ok());
  EXPECT_EQ(CountedAs(rule), (std::vector<size_t>{0, 1}));
  EXPECT_EQ(DescribeRule(rule),
            "2 operators of tsa (Example CA), btc (Bitcoin); not counted, run by the log's "
            "operator: own (example log)");
  rule.anchors.push_back({"tsb", "EXAMPLE CA"});
  ASSERT_TRUE(CheckRule(rule).ok());
  EXPECT_EQ(CountedAs(rule), (std::vector<size_t>{0, 1, 0}));
  rule.needed = 3;
  EXPECT_NE(Refusal(rule).find("asks for 3 operators, and the 3 anchors that count have 2"),
            std::string::npos);
  rule.needed = 0;
  EXPECT_NE(Refusal(rule).find("asks for 0 operators"), std::string::npos);
  // As it was stored before operators were counted.
  rule.form = RuleForm::kSome;
  rule.needed = 3;
  ASSERT_TRUE(CheckRule(rule).ok());
  EXPECT_EQ(CountedAs(rule), (std::vector<size_t>{0, 1, 2}));
}

TEST(Rule, IsNeverMetByWitnessesAlone) {
  Rule rule = Sound();
  rule.anchors.clear();
  rule.needs_witnesses = true;
  rule.form = RuleForm::kAll;
  rule.needed = 0;
  EXPECT_NE(Refusal(rule).find("never hold"), std::string::npos);
}

TEST(Rule, NeedsOneAllOrSome) {
  Rule rule = Sound();
  EXPECT_EQ(NeededCount(rule), 2u);
  rule.needed = 0;
  rule.form = RuleForm::kAny;
  ASSERT_TRUE(CheckRule(rule).ok());
  EXPECT_EQ(NeededCount(rule), 1u);
  rule.form = RuleForm::kAll;
  EXPECT_EQ(NeededCount(rule), 2u);
  rule.form = RuleForm::kSome;
  EXPECT_NE(Refusal(rule).find("asks for 0"), std::string::npos);
  rule.form = RuleForm::kAll;
  rule.needed = 1;
  EXPECT_NE(Refusal(rule).find("k of n only"), std::string::npos);
}

TEST(Rule, RefusesWhatIsNotSaidOrSaidTwice) {
  Rule rule = Sound();
  rule.log_operator.clear();
  EXPECT_NE(Refusal(rule).find("who operates the log"), std::string::npos);
  for (const std::string& name : {std::string(), std::string(" Example"), std::string("a\nb")}) {
    rule = Sound();
    rule.anchors[0].operated_by = name;
    EXPECT_NE(Refusal(rule).find("who operates tsa"), std::string::npos);
  }
  rule = Sound();
  rule.anchors[1].name = "tsa";
  EXPECT_NE(Refusal(rule).find("twice"), std::string::npos);
  rule.anchors[1].name = "two words";
  EXPECT_NE(Refusal(rule).find("name"), std::string::npos);
  rule = Sound();
  for (size_t i = 0; i < kMaxRuleAnchors; ++i) rule.anchors.push_back({absl::StrCat(i), "x"});
  EXPECT_NE(Refusal(rule).find("at most"), std::string::npos);
  rule = Sound();
  rule.form = static_cast<RuleForm>(9);
  EXPECT_NE(Refusal(rule).find("neither"), std::string::npos);
}

TEST(RuleVersion, CountsUpAndComesIntoForceInOrder) {
  const RuleVersion first{.version = 1, .from_round = 4, .rule = Sound()};
  EXPECT_TRUE(CheckNext(nullptr, first).ok());
  EXPECT_TRUE(CheckNext(&first, {.version = 2, .from_round = 4, .rule = Sound()}).ok());
  EXPECT_FALSE(CheckNext(&first, {.version = 3, .from_round = 5, .rule = Sound()}).ok());
  EXPECT_FALSE(CheckNext(&first, {.version = 1, .from_round = 5, .rule = Sound()}).ok());
  EXPECT_FALSE(CheckNext(&first, {.version = 2, .from_round = 3, .rule = Sound()}).ok());
  EXPECT_FALSE(CheckNext(nullptr, {.version = 1, .from_round = 0, .rule = Sound()}).ok());
}

TEST(Rule, DescribesItself) {
  Rule rule = Sound();
  rule.needs_witnesses = true;
  EXPECT_EQ(DescribeRule(rule),
            "2 of tsa (Example CA), btc (Bitcoin), over a note with the witnesses' quorum; not "
            "counted, run by the log's operator: own (example log)");
}

}  // namespace
}  // namespace cairn::anchor
