#include "anchor/rule.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "anchor/receipt.h"

namespace cairn::anchor {
namespace {

constexpr size_t kMaxOperatorBytes = 200;

bool IsOperator(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxOperatorBytes && name.front() != ' ' &&
         name.back() != ' ' && std::all_of(name.begin(), name.end(), absl::ascii_isprint);
}

bool Counts(const Rule& rule, const RuleAnchor& anchor) {
  return !SameOperator(anchor.operated_by, rule.log_operator);
}

absl::Status CheckCount(const Rule& rule) {
  const size_t counting = CountingAnchors(rule).size();
  if (counting == 0) {
    return absl::InvalidArgumentError(
        "the rule can never hold: all its anchors are run by the log's own operator");
  }
  if (rule.form != RuleForm::kSome && rule.form != RuleForm::kOperators) {
    if (rule.needed == 0) return absl::OkStatus();
    return absl::InvalidArgumentError("a number belongs to a rule of the form k of n only");
  }
  if (rule.form == RuleForm::kOperators) {
    const std::vector<size_t> as = CountedAs(rule);
    const size_t operators = std::set<size_t>(as.begin(), as.end()).size();
    if (rule.needed > 0 && rule.needed <= operators) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        "the rule asks for ", rule.needed, " operators, and the ", counting,
        " anchors that count have ", operators,
        ": an operator counts once, however many anchors it runs; add anchors of others, or ask "
        "for fewer"));
  }
  if (rule.needed == 0 || rule.needed > counting) {
    return absl::InvalidArgumentError(absl::StrCat("the rule asks for ", rule.needed,
                                                   " anchors of the ", counting, " that count"));
  }
  return absl::OkStatus();
}

}  // namespace

bool SameOperator(absl::string_view a, absl::string_view b) { return absl::EqualsIgnoreCase(a, b); }

absl::Status CheckRule(const Rule& rule) {
  if (rule.form < RuleForm::kAny || rule.form > RuleForm::kOperators) {
    return absl::InvalidArgumentError("the rule is neither any, all, nor k of n");
  }
  if (rule.anchors.size() > kMaxRuleAnchors) {
    return absl::InvalidArgumentError(
        absl::StrCat("a rule over ", rule.anchors.size(), " anchors; at most ", kMaxRuleAnchors));
  }
  if (!IsOperator(rule.log_operator)) {
    return absl::InvalidArgumentError("the rule does not say who operates the log");
  }
  std::set<std::string> names;
  for (const RuleAnchor& anchor : rule.anchors) {
    if (!IsAnchorName(anchor.name)) {
      return absl::InvalidArgumentError(absl::StrCat("not an anchor's name: ", anchor.name));
    }
    if (!IsOperator(anchor.operated_by)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the rule does not say who operates ", anchor.name));
    }
    if (!names.insert(anchor.name).second) {
      return absl::InvalidArgumentError(absl::StrCat("the rule names ", anchor.name, " twice"));
    }
  }
  return CheckCount(rule);
}

absl::Status CheckNext(const RuleVersion* before, const RuleVersion& next) {
  if (absl::Status checked = CheckRule(next.rule); !checked.ok()) return checked;
  const uint32_t version = before == nullptr ? 1 : before->version + 1;
  if (next.version != version) {
    return absl::InvalidArgumentError(
        absl::StrCat("rule version ", next.version, " where ", version, " is next"));
  }
  const uint64_t first_round = before == nullptr ? 1 : before->from_round;
  if (next.from_round < first_round) {
    return absl::InvalidArgumentError(absl::StrCat("rule version ", next.version,
                                                   " is in force from round ", next.from_round,
                                                   ", before round ", first_round));
  }
  return absl::OkStatus();
}

std::vector<std::string> CountingAnchors(const Rule& rule) {
  std::vector<std::string> names;
  for (const RuleAnchor& anchor : rule.anchors) {
    if (Counts(rule, anchor)) names.push_back(anchor.name);
  }
  return names;
}

std::vector<size_t> CountedAs(const Rule& rule) {
  std::vector<size_t> as;
  std::vector<absl::string_view> operators;
  for (const RuleAnchor& anchor : rule.anchors) {
    if (!Counts(rule, anchor)) continue;
    const auto same = std::find_if(operators.begin(), operators.end(), [&](absl::string_view one) {
      return rule.form == RuleForm::kOperators && SameOperator(one, anchor.operated_by);
    });
    as.push_back(same - operators.begin());
    operators.push_back(anchor.operated_by);
  }
  return as;
}

size_t NeededCount(const Rule& rule) {
  switch (rule.form) {
    case RuleForm::kAny:
      return 1;
    case RuleForm::kAll:
      return CountingAnchors(rule).size();
    case RuleForm::kSome:
    case RuleForm::kOperators:
      return rule.needed;
  }
  return kMaxRuleAnchors + 1;  // Never reached by so many.
}

std::string DescribeRule(const Rule& rule) {
  std::string counting, own;
  for (const RuleAnchor& anchor : rule.anchors) {
    std::string& list = Counts(rule, anchor) ? counting : own;
    absl::StrAppend(&list, list.empty() ? "" : ", ", anchor.name, " (", anchor.operated_by, ")");
  }
  std::string text;
  switch (rule.form) {
    case RuleForm::kAny:
      text = "any of ";
      break;
    case RuleForm::kAll:
      text = "all of ";
      break;
    case RuleForm::kSome:
      text = absl::StrCat(rule.needed, " of ");
      break;
    case RuleForm::kOperators:
      text = absl::StrCat(rule.needed, rule.needed == 1 ? " operator of " : " operators of ");
      break;
  }
  absl::StrAppend(&text, counting);
  if (rule.needs_witnesses) absl::StrAppend(&text, ", over a note with the witnesses' quorum");
  if (!own.empty()) absl::StrAppend(&text, "; not counted, run by the log's operator: ", own);
  return text;
}

}  // namespace cairn::anchor
