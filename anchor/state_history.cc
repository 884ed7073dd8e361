#include "anchor/state_history.h"

#include <algorithm>
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
    history.entries_.push_back({.told = {.index = index}});
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
  for (Entry& entry : entries_) {
    entry.states.reset();
    entry.left_out = false;
    entry.told = {.index = entry.told.index,
                  .state = {.rule_version = rules_.empty() ? 0 : rules_.back().version}};
  }
}

absl::StatusOr<StateHistory::Page> StateHistory::Read(size_t max_events) {
  Page page;
  if (std::exchange(first_states_, false)) {
    for (const Entry& entry : entries_) page.changes.push_back(entry.told);
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
  const size_t before = changes.size();
  bool sound = true;
  if (event.kind == EventKind::kRuleChanged) {
    if (absl::Status taken = TakeRule(static_cast<uint32_t>(event.number)); !taken.ok())
      return taken;
  }
  for (Entry& entry : entries_) {
    if (event.kind == EventKind::kRoundFrozen) {
      if (absl::Status taken = TakeRound(event, entry); !taken.ok()) return taken;
    } else if (event.kind == EventKind::kReceiptMoved) {
      const absl::StatusOr<bool> taken = TakeReceipt(event, entry);
      if (!taken.ok()) return taken.status();
      sound = *taken && sound;
    } else if (event.kind != EventKind::kRuleChanged) {
      continue;
    }
    sound = Tell(event, entry, changes) && sound;
  }
  if (!sound) changes.resize(before);
  return sound;
}

absl::Status StateHistory::TakeRule(uint32_t version) {
  if (!rules_.empty() && version <= rules_.back().version) return absl::OkStatus();
  const absl::StatusOr<std::vector<RuleVersion>> rules = book_->store().ReadRules();
  if (!rules.ok()) return rules.status();
  for (const RuleVersion& rule : *rules) {
    if (rule.version != version) continue;
    rules_.push_back(rule);
    for (Entry& entry : entries_) {
      if (!entry.states) continue;
      if (absl::Status added = entry.states->AddRule(rule); !added.ok()) return added;
    }
  }
  return absl::OkStatus();
}

absl::Status StateHistory::TakeRound(const Event& event, Entry& entry) {
  if (!entry.states && !event.size.contains(entry.told.index)) return absl::OkStatus();
  if (entry.left_out || (entry.told.state.state == ProofState::kVerified && !entry.whole)) {
    // Later than all that decide, it changes nothing while they stand.
    entry.left_out = true;
    return absl::OkStatus();
  }
  if (!entry.states) {
    entry.states.emplace(event.number - 1);
    for (const RuleVersion& rule : rules_) {
      if (absl::Status added = entry.states->AddRule(rule); !added.ok()) return added;
    }
  }
  const absl::StatusOr<Round> round = book_->store().ReadRound(event.number);
  if (!round.ok()) return round.status();
  return entry.states->AddRound(round->head);
}

absl::StatusOr<bool> StateHistory::TakeReceipt(const Event& event, Entry& entry) {
  if (!entry.states || !event.to) return true;
  if (entry.states->Has(event.number)) {
    absl::Status set =
        entry.states->SetReceipt(event.number, event.anchor, *event.to, event.was_final);
    if (!set.ok()) return set;
    return true;
  }
  const bool lost = event.was_final && *event.to != ReceiptState::kFinal;
  if (!entry.left_out || !lost || event.number <= entry.states->rounds()) return true;
  entry.whole = true;
  return false;
}

// False where a state is lost that rounds which were left out may still hold.
bool StateHistory::Tell(const Event& event, Entry& entry, std::vector<StateChange>& changes) {
  StateChange now{.sequence = event.sequence, .at_ms = event.at_ms, .index = entry.told.index};
  if (entry.states) {
    now.state = entry.states->Of(now.index);
    now.first_round = entry.states->FirstRoundOver(now.index);
  } else {
    now.state.rule_version = rules_.empty() ? 0 : rules_.back().version;
  }
  if (now.state == entry.told.state && now.first_round == entry.told.first_round) return true;
  if (entry.left_out && now.state.state != ProofState::kVerified) {
    entry.whole = true;
    return false;
  }
  entry.told = std::move(now);
  if (event.sequence > after_) changes.push_back(entry.told);
  return true;
}

}  // namespace cairn::anchor
