#include "anchor/states.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anchor/receipt.h"

namespace cairn::anchor {

absl::string_view ProofStateName(ProofState state) {
  switch (state) {
    case ProofState::kPending:
      return "pending";
    case ProofState::kAnchored:
      return "anchored";
    case ProofState::kVerified:
      return "verified";
  }
  return "unknown";
}

std::optional<uint64_t> BestRound(const EntryState& state) {
  std::optional<uint64_t> best;
  int64_t most = 0;
  for (const ReceiptPlace& place : state.deciding) {
    const int64_t count =
        std::count_if(state.deciding.begin(), state.deciding.end(),
                      [&](const ReceiptPlace& other) { return other.round == place.round; });
    if (count > most) {
      most = count;
      best = place.round;
    }
  }
  return best;
}

absl::Status States::AddRound(const RoundHead& round) {
  if (round.number != rounds() + 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("round ", round.number, " after ", rounds(), " rounds"));
  }
  if (round.size <= (sizes_.empty() ? TreeSize(0) : sizes_.back())) {
    return absl::FailedPreconditionError(absl::StrCat(
        "round ", round.number, " over ", round.size.value(), " entries, not more than before"));
  }
  sizes_.push_back(round.size);
  witnessed_.push_back(round.witnessed);
  return absl::OkStatus();
}

absl::Status States::AddRule(const RuleVersion& version) {
  const absl::Status checked = CheckNext(newest_rule(), version);
  if (!checked.ok()) return absl::FailedPreconditionError(checked.message());
  CompiledRule rule{.as_is = version,
                    .names = CountingAnchors(version.rule),
                    .anchors = {},
                    .counted_as = CountedAs(version.rule),
                    .needed = NeededCount(version.rule)};
  for (const std::string& name : rule.names) rule.anchors.push_back(&anchors_[name]);
  rules_.push_back(std::move(rule));
  return absl::OkStatus();
}

absl::Status States::SetReceipt(uint64_t round, const std::string& anchor, ReceiptState state,
                                bool was_final) {
  if (!Has(round)) {
    return absl::FailedPreconditionError(
        absl::StrCat("a receipt of round ", round, ", of ", rounds()));
  }
  const auto put = [round](Rounds& set, bool in) {
    if (in) {
      set.insert(round);
    } else {
      set.erase(round);
    }
  };
  Anchor& sets = anchors_[anchor];
  const bool final = state == ReceiptState::kFinal;
  put(sets.accepted, IsAccepted(state));
  put(sets.final, final);
  put(sets.final_witnessed, final && witnessed_[round - left_out_ - 1]);
  put(sets.lost, was_final && !final);
  return absl::OkStatus();
}

std::optional<uint64_t> States::FirstRoundOver(LeafIndex index) const {
  const auto at = std::upper_bound(sizes_.begin(), sizes_.end(), index,
                                   [](LeafIndex i, TreeSize size) { return size.contains(i); });
  if (at == sizes_.end()) return std::nullopt;
  return left_out_ + 1 + (at - sizes_.begin());
}

States::Range States::Under(size_t version, uint64_t first) const {
  const bool last = version + 1 == rules_.size();
  return {
      .begin = std::max(first, rules_[version].as_is.from_round),
      .end = last ? std::numeric_limits<uint64_t>::max() : rules_[version + 1].as_is.from_round};
}

// Empty when there are fewer than `needed`.
std::vector<ReceiptPlace> States::Earliest(const CompiledRule& rule, const Range& range,
                                           Rounds Anchor::*set, size_t needed) const {
  std::vector<std::pair<uint64_t, size_t>> found;  // (round, place in the rule)
  for (size_t i = 0; i < rule.anchors.size(); ++i) {
    const Rounds& rounds = rule.anchors[i]->*set;
    const auto at = rounds.lower_bound(range.begin);
    if (at != rounds.end() && *at < range.end) found.emplace_back(*at, i);
  }
  std::sort(found.begin(), found.end());
  std::vector<ReceiptPlace> places;
  std::vector<bool> counted(rule.anchors.size());
  for (const auto& [round, i] : found) {
    if (places.size() == needed) break;
    // A later one of who is counted already adds nothing.
    if (counted[rule.counted_as[i]]) continue;
    counted[rule.counted_as[i]] = true;
    places.push_back({.round = round, .anchor = rule.names[i]});
  }
  if (places.size() < needed) return {};
  return places;
}

uint64_t States::Last(const CompiledRule& rule, const Range& range, Rounds Anchor::*set,
                      size_t needed) const {
  // The latest of each that is counted.
  std::vector<uint64_t> found(rule.anchors.size());
  for (size_t i = 0; i < rule.anchors.size(); ++i) {
    const Rounds& rounds = rule.anchors[i]->*set;
    const auto end = rounds.lower_bound(range.end);
    if (end == rounds.begin() || *std::prev(end) < range.begin) continue;
    uint64_t& latest = found[rule.counted_as[i]];
    latest = std::max(latest, *std::prev(end));
  }
  std::erase(found, 0);
  if (found.size() < needed) return 0;
  std::nth_element(found.begin(), found.begin() + (needed - 1), found.end(), std::greater<>());
  return found[needed - 1];
}

TreeSize States::Reached(ProofState state) const {
  if (state == ProofState::kPending) return TreeSize(kMaxTreeSize);
  uint64_t last = 0;
  for (size_t version = 0; version < rules_.size(); ++version) {
    const CompiledRule& rule = rules_[version];
    const Range range = Under(version, left_out_ + 1);
    Rounds Anchor::*const final =
        rule.as_is.rule.needs_witnesses ? &Anchor::final_witnessed : &Anchor::final;
    last = std::max(last, state == ProofState::kVerified ? Last(rule, range, final, rule.needed)
                                                         : Last(rule, range, &Anchor::accepted, 1));
  }
  return last == 0 ? TreeSize(0) : sizes_[last - left_out_ - 1];
}

EntryState States::Of(LeafIndex index) const {
  EntryState state;
  if (rules_.empty()) return state;
  state.rule_version = rules_.back().as_is.version;
  const std::optional<uint64_t> first = FirstRoundOver(index);
  if (!first) return state;
  for (size_t version = 0; version < rules_.size(); ++version) {
    const CompiledRule& rule = rules_[version];
    const Range range = Under(version, *first);
    if (range.begin >= range.end) continue;
    const auto raise_to = [&](ProofState to, Rounds Anchor::*set, size_t needed) {
      if (state.state >= to) return;
      std::vector<ReceiptPlace> deciding = Earliest(rule, range, set, needed);
      if (deciding.empty()) return;
      state.state = to;
      state.rule_version = rule.as_is.version;
      state.deciding = std::move(deciding);
    };
    const bool witnessed = rule.as_is.rule.needs_witnesses;
    raise_to(ProofState::kVerified, witnessed ? &Anchor::final_witnessed : &Anchor::final,
             rule.needed);
    raise_to(ProofState::kAnchored, &Anchor::accepted, 1);
    state.was_final = state.was_final || !Earliest(rule, range, &Anchor::lost, 1).empty();
  }
  return state;
}

}  // namespace cairn::anchor
