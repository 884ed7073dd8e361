// What makes an entry "verified": any, all or k of a set of named anchors, or receipts of k
// operators of them.
//
// Each anchor says who operates it. One that the log's own operator runs is carried and shown, and
// never counts: no log vouches for itself. A witness quorum can be demanded on top; it makes
// nothing anchored or verified by itself.
// Forms: kOperators counts each operator once, however many anchors it runs, since two services of
//   one party fail and lie together. kSome counts anchors: the configuration made it before there
//   was kOperators, and makes it now only for one of n, where both are the same. A stored rule is
//   never read as another: what its rounds showed, they show.
// Versions: a rule is in force for the rounds from `from_round` up to the next version's. A receipt
//   counts under the rule of its own round, so that a change of the rule takes back nothing that
//   earlier rounds showed, and earlier entries may reach "verified" through later rounds.
// Errors: kInvalidArgument, saying what is wrong.
// Threads: values and pure functions.

#ifndef CAIRN_ANCHOR_RULE_H_
#define CAIRN_ANCHOR_RULE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cairn::anchor {

inline constexpr size_t kMaxRuleAnchors = 64;

// Persistent: never renumber.
enum class RuleForm : uint8_t { kAny = 1, kAll = 2, kSome = 3, kOperators = 4 };

struct RuleAnchor {
  std::string name = {};
  std::string operated_by = {};  // 1-200 bytes, printable ASCII, no space at either end.
  friend bool operator==(const RuleAnchor&, const RuleAnchor&) = default;
};

struct Rule {
  RuleForm form = RuleForm::kAny;
  uint32_t needed = 0;  // Of kSome and kOperators; else 0.
  bool needs_witnesses = false;
  std::string log_operator = {};
  std::vector<RuleAnchor> anchors = {};
  friend bool operator==(const Rule&, const Rule&) = default;
};

struct RuleVersion {
  uint32_t version = 0;     // From 1, without gaps.
  uint64_t from_round = 0;  // From 1; never less than the version's before.
  Rule rule = {};
  friend bool operator==(const RuleVersion&, const RuleVersion&) = default;
};

// Names are anchors' names, each once; operators are stated; the rule can hold at all.
absl::Status CheckRule(const Rule& rule);

// Whether a version may follow the one before (nullptr: be the first).
absl::Status CheckNext(const RuleVersion* before, const RuleVersion& next);

// Whether two names are of one operator: ASCII case does not tell them apart.
bool SameOperator(absl::string_view a, absl::string_view b);

// The anchors that count, in the rule's order.
std::vector<std::string> CountingAnchors(const Rule& rule);

// For each of those whose receipts count as one: the place of the first anchor of its operator, or
// its own where the form counts anchors.
std::vector<size_t> CountedAs(const Rule& rule);

// How many different ones of CountedAs must be final. Requires CheckRule.
size_t NeededCount(const Rule& rule);

// "2 operators of tsa (Example CA), btc (Bitcoin)", for people.
std::string DescribeRule(const Rule& rule);

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_RULE_H_
