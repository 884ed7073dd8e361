// The state of every entry, looked up: nothing is written per entry.
//
// An entry is
//   pending   until a receipt that covers it is accepted;
//   anchored  when an outside system's receipt over a round that covers it is accepted or better;
//   verified  when the rule of some version holds over final receipts of rounds that cover it and
//             lie within that version (rule.h).
// A round covers every index below its size. Anchors that no rule counts make nothing anchored. A
// state falls only when no receipt holds it any more. What holds for an entry holds for all before
// it, which each receipt over it covers as well.
// Cost of Of and Reached: O(versions * anchors * log rounds), no allocation but the answer's.
// Errors: kFailedPrecondition for a history out of order; nothing has changed then.
// Threads: none of its own; const calls beside each other.

#ifndef CAIRN_ANCHOR_STATES_H_
#define CAIRN_ANCHOR_STATES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "anchor/backend.h"
#include "anchor/round.h"
#include "anchor/rule.h"
#include "merkle/types.h"

namespace cairn::anchor {

// Persistent: never renumber.
enum class ProofState : uint8_t { kPending = 1, kAnchored = 2, kVerified = 3 };

absl::string_view ProofStateName(ProofState state);

// A receipt by its place.
struct ReceiptPlace {
  uint64_t round = 0;
  std::string anchor = {};
  friend bool operator==(const ReceiptPlace&, const ReceiptPlace&) = default;
};

struct EntryState {
  ProofState state = ProofState::kPending;
  // By which the state holds; of a pending entry the newest version. 0 while there is none.
  uint32_t rule_version = 0;
  // The earliest that suffice, by round, then in the rule's order.
  std::vector<ReceiptPlace> deciding = {};
  // A receipt that covers the entry and would count was final and is not any more.
  bool was_final = false;
  friend bool operator==(const EntryState&, const EntryState&) = default;
};

// Of the rounds that decide the one with the most receipts, and of several the first; nullopt where
// nothing decides.
std::optional<uint64_t> BestRound(const EntryState& state);

class States {
 public:
  // The first `left_out` rounds are not known, and only entries that none of them covers are asked
  // for.
  explicit States(uint64_t left_out = 0) : left_out_(left_out) {}
  States(const States&) = delete;
  States(States&&) = default;

  // The next number; a larger tree.
  absl::Status AddRound(const RoundHead& round);
  // CheckNext; a round that is still to come.
  absl::Status AddRule(const RuleVersion& version);
  // Of a round that was added.
  absl::Status SetReceipt(uint64_t round, const std::string& anchor, ReceiptState state,
                          bool was_final);

  EntryState Of(LeafIndex index) const;
  // The entries below are in this state or a higher one, and no others.
  TreeSize Reached(ProofState state) const;

  // The first round that covers the index; nullopt while there is none.
  std::optional<uint64_t> FirstRoundOver(LeafIndex index) const;
  uint64_t rounds() const { return left_out_ + sizes_.size(); }
  // Whether the round was added.
  bool Has(uint64_t round) const { return round > left_out_ && round <= rounds(); }
  // nullptr while there is none.
  const RuleVersion* newest_rule() const { return rules_.empty() ? nullptr : &rules_.back().as_is; }

 private:
  using Rounds = absl::btree_set<uint64_t>;

  struct Anchor {
    Rounds accepted, final, final_witnessed, lost;
  };
  struct CompiledRule {
    RuleVersion as_is;
    std::vector<std::string> names;
    std::vector<const Anchor*> anchors;  // Of those names.
    std::vector<size_t> counted_as;      // Likewise; see CountedAs.
    size_t needed = 0;                   // Different ones of those.
  };
  struct Range {  // [begin, end) of rounds.
    uint64_t begin = 0, end = 0;
  };

  // The rounds that are at or after `first` and under this version.
  Range Under(size_t version, uint64_t first) const;
  std::vector<ReceiptPlace> Earliest(const CompiledRule& rule, const Range& range,
                                     Rounds Anchor::*set, size_t needed) const;
  // The last round up to which `needed` that are counted have a later one or that; 0: none.
  uint64_t Last(const CompiledRule& rule, const Range& range, Rounds Anchor::*set,
                size_t needed) const;

  const uint64_t left_out_;
  std::vector<TreeSize> sizes_;  // Of round left_out_ + 1 + i.
  std::vector<bool> witnessed_;
  std::map<std::string, Anchor> anchors_;  // Whose nodes stay where they are.
  std::vector<CompiledRule> rules_;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_STATES_H_
