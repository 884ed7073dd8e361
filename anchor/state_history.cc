#include "anchor/state_history.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cairn::anchor {
namespace {

constexpr size_t kProbe = 16;

// The first round that was frozen in an event at or after `from`; nullopt: none.
absl::StatusOr<std::optional<Event>> NextFrozen(Book& book, uint64_t from) {
  while (true) {
    const absl::StatusOr<std::vector<Event>> events = ReadDurable(book, from, kProbe);
    if (!events.ok()) return events.status();
    for (const Event& event : *events) {
      if (event.kind == EventKind::kRoundFrozen) return event;
    }
    if (events->empty()) return std::nullopt;
    from = events->back().sequence + 1;
  }
}

// The event after the one that froze the round before this, which is frozen at or before `last`.
absl::StatusOr<uint64_t> FindBegin(Book& book, uint64_t round, uint64_t last) {
  uint64_t begin = 1, end = last;
  while (begin < end) {
    const uint64_t middle = begin + (end - begin) / 2;
    const absl::StatusOr<std::optional<Event>> frozen = NextFrozen(book, middle);
    if (!frozen.ok()) return frozen.status();
    if (frozen->has_value() && (*frozen)->number < round) {
      begin = (*frozen)->sequence + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

}  // namespace

absl::StatusOr<std::vector<Event>> ReadDurable(Book& book, uint64_t begin, size_t limit) {
  const uint64_t last = book.last_sequence();
  if (begin > last) return std::vector<Event>();
  return book.store().ReadEvents(begin, std::min<uint64_t>(limit, last - begin + 1));
}

absl::StatusOr<StateHistory> StateHistory::Open(Book& book, const std::vector<LeafIndex>& indexes,
                                                std::optional<uint64_t> after) {
  // Read first: a round that is not there below is frozen by a later event.
  const uint64_t last = book.last_sequence();
  if (after && *after > last) {
    return absl::OutOfRangeError(absl::StrCat("event ", *after, " is beyond the last one, ", last));
  }
  StateHistory history(book);
  std::optional<uint64_t> first_round;
  for (const LeafIndex index : indexes) {
    history.told_.push_back({.index = index});
    const std::optional<uint64_t> round = book.FirstRoundOver(index);
    if (round) first_round = std::min(first_round.value_or(*round), *round);
  }
  absl::StatusOr<std::vector<RuleVersion>> rules = book.store().ReadRules();
  if (!rules.ok()) return rules.status();
  history.begin_ = last + 1;
  if (first_round) {
    const absl::StatusOr<uint64_t> begin = FindBegin(book, *first_round, book.last_sequence());
    if (!begin.ok()) return begin.status();
    history.begin_ = *begin;
    std::erase_if(*rules, [&](const RuleVersion& rule) { return rule.from_round > *first_round; });
  }
  history.rules_ = *std::move(rules);
  history.first_rules_ = history.rules_.size();
  history.after_ = after.value_or(0);
  history.first_states_ = !after;
  history.Rewind();
  return history;
}

void StateHistory::Rewind() {
  next_ = begin_;
  rules_.resize(first_rules_);
  states_.reset();
  rounds_ = 0;
  left_out_ = false;
  lost_.clear();
  for (StateChange& told : told_) {
    told = {.index = told.index,
            .state = {.rule_version = rules_.empty() ? 0 : rules_.back().version}};
  }
}

absl::StatusOr<StateHistory::Page> StateHistory::Read(size_t max_events) {
  Page page;
  if (std::exchange(first_states_, false)) {
    page.changes = told_;
  }
  const absl::Status sound = book_->status();
  const absl::StatusOr<std::vector<Event>> events = ReadDurable(*book_, next_, max_events);
  if (!events.ok()) return events.status();
  if (events->empty() && !sound.ok()) return absl::InternalError(sound.message());
  page.at_end = events->empty();
  for (const Event& event : *events) {
    const absl::StatusOr<bool> taken = Take(event, page.changes);
    if (!taken.ok()) return taken.status();
    if (!*taken) {
      // What was told stays told.
      after_ = std::max(after_, event.sequence - 1);
      page.sequence = after_;
      // Once for all that has happened, however often it fell.
      keep_until_ = book_->last_sequence();
      Rewind();
      return page;
    }
    next_ = event.sequence + 1;
  }
  after_ = std::max(after_, next_ - 1);
  page.sequence = after_;
  return page;
}

absl::StatusOr<bool> StateHistory::Take(const Event& event, std::vector<StateChange>& changes) {
  absl::Status taken;
  if (event.kind == EventKind::kRuleChanged) {
    taken = TakeRule(static_cast<uint32_t>(event.number));
  } else if (event.kind == EventKind::kRoundFrozen) {
    taken = TakeRound(event);
  } else if (event.kind == EventKind::kReceiptMoved) {
    taken = TakeReceipt(event);
  } else {
    return true;
  }
  if (!taken.ok()) return taken;
  const size_t before = changes.size();
  for (StateChange& told : told_) {
    if (Tell(event, told, changes)) continue;
    changes.resize(before);
    return false;
  }
  return true;
}

absl::Status StateHistory::TakeRule(uint32_t version) {
  if (!rules_.empty() && version <= rules_.back().version) return absl::OkStatus();
  const absl::StatusOr<std::vector<RuleVersion>> rules = book_->store().ReadRules();
  if (!rules.ok()) return rules.status();
  for (const RuleVersion& rule : *rules) {
    if (rule.version != version) continue;
    rules_.push_back(rule);
    if (states_) return states_->AddRule(rule);
  }
  return absl::OkStatus();
}

absl::Status StateHistory::TakeRound(const Event& event) {
  if (!states_) {
    const bool over_any = std::any_of(told_.begin(), told_.end(), [&](const StateChange& told) {
      return event.size.contains(told.index);
    });
    if (!over_any) return absl::OkStatus();
    states_.emplace(event.number - 1);
    for (const RuleVersion& rule : rules_) {
      if (absl::Status added = states_->AddRule(rule); !added.ok()) return added;
    }
  }
  // Later than all that decide, it changes nothing while they stand.
  left_out_ = left_out_ || (event.sequence > keep_until_ && AllVerified());
  if (left_out_) return absl::OkStatus();
  if (++rounds_ > kMaxRounds) {
    return absl::ResourceExhaustedError(
        absl::StrCat(kMaxRounds,
                     " rounds have not made it verified, too many to follow; ask how "
                     "it stands instead"));
  }
  const absl::StatusOr<Round> round = book_->store().ReadRound(event.number);
  if (!round.ok()) return round.status();
  return states_->AddRound(round->head);
}

absl::Status StateHistory::TakeReceipt(const Event& event) {
  if (!states_ || !event.to) return absl::OkStatus();
  if (states_->Has(event.number)) {
    return states_->SetReceipt(event.number, event.anchor, *event.to, event.was_final);
  }
  if (event.number < states_->rounds()) return absl::OkStatus();
  const std::pair place(event.number, event.anchor);
  if (event.was_final && *event.to != ReceiptState::kFinal && Counts(place.first, place.second)) {
    lost_.insert(place);
  } else {
    lost_.erase(place);
  }
  return absl::OkStatus();
}

// False where a state is lost that rounds which were left out may still hold.
bool StateHistory::Tell(const Event& event, StateChange& told, std::vector<StateChange>& changes) {
  StateChange now{.sequence = event.sequence, .at_ms = event.at_ms, .index = told.index};
  if (states_) {
    now.state = states_->Of(now.index);
    now.first_round = states_->FirstRoundOver(now.index);
    now.state.was_final = now.state.was_final || !lost_.empty();
  } else {
    now.state.rule_version = rules_.empty() ? 0 : rules_.back().version;
  }
  if (now.state == told.state && now.first_round == told.first_round) return true;
  if (left_out_ && now.state.state != ProofState::kVerified) return false;
  told = std::move(now);
  if (event.sequence > after_) changes.push_back(told);
  return true;
}

bool StateHistory::AllVerified() const {
  return std::all_of(told_.begin(), told_.end(), [](const StateChange& told) {
    return told.state.state == ProofState::kVerified;
  });
}

// Under the rule in force for the round.
bool StateHistory::Counts(uint64_t round, const std::string& anchor) const {
  const auto after = std::find_if(rules_.begin(), rules_.end(),
                                  [&](const RuleVersion& rule) { return rule.from_round > round; });
  if (after == rules_.begin()) return false;
  const std::vector<std::string> names = CountingAnchors(std::prev(after)->rule);
  return std::find(names.begin(), names.end(), anchor) != names.end();
}

}  // namespace cairn::anchor
