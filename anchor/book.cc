#include "anchor/book.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace cairn::anchor {

absl::StatusOr<std::unique_ptr<Book>> Book::Open(Store& store, const Clock& clock,
                                                 bool logs_receipts) {
  std::unique_ptr<Book> book(new Book(store, clock, logs_receipts));
  const absl::Status read = book->ReadBack();
  if (absl::IsFailedPrecondition(read)) {
    return absl::DataLossError(
        absl::StrCat("the anchors' store contradicts itself: ", read.message()));
  }
  if (!read.ok()) return read;
  return book;
}

absl::Status Book::ReadBack() {
  absl::Status read = store_.ReadRounds([this](const RoundHead& round) {
    if (absl::Status added = states_.AddRound(round); !added.ok()) return added;
    newest_ = round;
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  const absl::StatusOr<std::vector<RuleVersion>> rules = store_.ReadRules();
  if (!rules.ok()) return rules.status();
  for (const RuleVersion& rule : *rules) {
    if (absl::Status added = states_.AddRule(rule); !added.ok()) return added;
  }
  read = store_.ReadReceipts([this](const ReceiptHead& receipt) { return TakeBack(receipt); });
  if (!read.ok()) return read;
  const absl::StatusOr<std::vector<Gap>> gaps = store_.ReadGaps();
  if (!gaps.ok()) return gaps.status();
  for (const Gap& gap : *gaps) {
    gaps_ = gap.number;
    if (!gap.until_ms) open_gaps_[{gap.anchor, gap.reason}] = gap;
  }
  absl::StatusOr<std::vector<Spent>> spent = store_.ReadSpent();
  if (!spent.ok()) return spent.status();
  for (Spent& one : *spent) {
    Unsettled& unsettled = unsettled_[one.anchor];
    unsettled.spent = std::move(one);
  }
  const absl::StatusOr<uint64_t> sequence = store_.LastSequence();
  if (!sequence.ok()) return sequence.status();
  sequence_ = *sequence;
  return absl::OkStatus();
}

absl::Status Book::TakeBack(const ReceiptHead& receipt) {
  absl::Status set =
      states_.SetReceipt(receipt.round, receipt.anchor, receipt.state, receipt.was_final);
  if (!set.ok()) return set;
  Note(receipt);
  Unsettled& unsettled = unsettled_[receipt.anchor];
  unsettled.last_round = std::max(unsettled.last_round, receipt.round);
  const bool final = receipt.state == ReceiptState::kFinal;
  if (final) {
    unsettled.final_rounds.push_back(receipt.round);
    if (unsettled.final_rounds.size() > kRemembered) {
      unsettled.final_rounds.erase(unsettled.final_rounds.begin());
    }
  }
  const bool logged = receipt.logged_at.has_value() || !logs_receipts_;
  if (!receipt.closed && !(final && logged)) unsettled.receipts.push_back(receipt);
  return absl::OkStatus();
}

// Entries about receipts below the newest round are anchored, and of no more interest.
void Book::Note(const ReceiptHead& receipt) {
  if (receipt.logged_at && !(newest_ && newest_->size.contains(*receipt.logged_at))) {
    receipt_entries_.insert(receipt.logged_at->value());
  }
}

absl::Status Book::Check(const Change& change) const {
  const uint64_t rounds = states_.rounds();
  if (change.round) {
    const RoundHead& head = change.round->head;
    if (head.number != rounds + 1 || (newest_ && head.size <= newest_->size)) {
      return absl::FailedPreconditionError(
          absl::StrCat("round ", head.number, " does not follow round ", rounds));
    }
  }
  if (change.receipt && (change.receipt->head.round == 0 || change.receipt->head.round > rounds)) {
    return absl::FailedPreconditionError(
        absl::StrCat("a receipt of round ", change.receipt->head.round, ", of ", rounds));
  }
  if (change.rule) return CheckNext(states_.newest_rule(), *change.rule);
  return absl::OkStatus();
}

void Book::Apply(const Change& change) {
  // Each of these was checked.
  absl::Status applied;
  if (change.round) {
    applied.Update(states_.AddRound(change.round->head));
    newest_ = change.round->head;
    receipt_entries_.erase(receipt_entries_.begin(),
                           receipt_entries_.lower_bound(newest_->size.value()));
  }
  if (change.rule) applied.Update(states_.AddRule(*change.rule));
  if (change.receipt) {
    const ReceiptHead& head = change.receipt->head;
    applied.Update(states_.SetReceipt(head.round, head.anchor, head.state, head.was_final));
    Note(head);
  }
  if (change.gap) {
    gaps_ = std::max(gaps_, change.gap->number);
    if (change.gap->until_ms) {
      open_gaps_.erase({change.gap->anchor, change.gap->reason});
    } else {
      open_gaps_[{change.gap->anchor, change.gap->reason}] = *change.gap;
    }
  }
  if (!change.events.empty()) sequence_ = change.events.back().sequence;
  if (!applied.ok()) status_ = absl::InternalError(applied.message());
}

absl::Status Book::Write(Change change) {
  const std::lock_guard writing(writing_);
  return WriteLocked(std::move(change));
}

// What it reads only who holds writing_ changes.
absl::Status Book::WriteLocked(Change change) {
  if (!status_.ok()) return status_;
  if (absl::Status follows = Check(change); !follows.ok()) return follows;
  uint64_t sequence = sequence_;
  const uint64_t now = clock_.WallMs();
  for (Event& event : change.events) {
    event.sequence = ++sequence;
    event.at_ms = now;
  }
  // Killed before this returns: all of it is there, or nothing.
  const absl::Status written = store_.Write(change);
  {
    const std::unique_lock lock(mutex_);
    if (written.ok()) {
      Apply(change);
    } else {
      status_ = written;
    }
  }
  if (status_.ok() && change.events.empty()) return absl::OkStatus();
  const std::lock_guard calling(listeners_->mutex);
  for (const auto& [id, listener] : listeners_->list) listener(sequence_);
  return status_;
}

absl::Status Book::OpenGap(const std::string& anchor, GapReason reason, uint64_t since_ms,
                           const std::string& detail) {
  const std::lock_guard writing(writing_);
  if (open_gaps_.contains({anchor, reason})) return status_;
  const Gap gap{.number = gaps_ + 1,
                .anchor = anchor,
                .reason = reason,
                .since_ms = since_ms,
                .detail = detail};
  return WriteLocked({.gap = gap,
                      .events = {{.kind = EventKind::kGapOpened,
                                  .number = gap.number,
                                  .anchor = anchor,
                                  .detail = detail}}});
}

absl::Status Book::CloseGap(const std::string& anchor, GapReason reason) {
  const std::lock_guard writing(writing_);
  const auto at = open_gaps_.find({anchor, reason});
  if (at == open_gaps_.end()) return status_;
  Gap gap = at->second;
  gap.until_ms = clock_.WallMs();
  return WriteLocked({.gap = gap,
                      .events = {{.kind = EventKind::kGapClosed,
                                  .number = gap.number,
                                  .anchor = anchor,
                                  .detail = gap.detail}}});
}

absl::Status Book::AdoptRule(const Rule& rule) {
  const std::lock_guard writing(writing_);
  const RuleVersion* newest = states_.newest_rule();
  if (newest != nullptr && newest->rule == rule) return status_;
  const RuleVersion next{.version = newest == nullptr ? 1 : newest->version + 1,
                         .from_round = states_.rounds() + 1,
                         .rule = rule};
  return WriteLocked({.rule = next,
                      .events = {{.kind = EventKind::kRuleChanged,
                                  .number = next.version,
                                  .detail = DescribeRule(rule)}}});
}

absl::Status Book::status() const {
  const std::shared_lock lock(mutex_);
  return status_;
}

EntryState Book::StateOf(LeafIndex index) const {
  const std::shared_lock lock(mutex_);
  return states_.Of(index);
}

std::optional<uint64_t> Book::FirstRoundOver(LeafIndex index) const {
  const std::shared_lock lock(mutex_);
  return states_.FirstRoundOver(index);
}

std::optional<uint64_t> Book::BestRoundOver(LeafIndex index) const {
  const std::shared_lock lock(mutex_);
  const std::optional<uint64_t> best = BestRound(states_.Of(index));
  return best ? best : states_.FirstRoundOver(index);
}

TreeSize Book::Reached(ProofState state) const {
  const std::shared_lock lock(mutex_);
  return states_.Reached(state);
}

std::optional<RoundHead> Book::newest_round() const {
  const std::shared_lock lock(mutex_);
  return newest_;
}

uint64_t Book::ReceiptEntriesBelow(TreeSize size) const {
  const std::shared_lock lock(mutex_);
  return std::distance(receipt_entries_.begin(), receipt_entries_.lower_bound(size.value()));
}

uint64_t Book::last_sequence() const {
  const std::shared_lock lock(mutex_);
  return sequence_;
}

std::optional<RuleVersion> Book::rule() const {
  const std::shared_lock lock(mutex_);
  const RuleVersion* newest = states_.newest_rule();
  return newest == nullptr ? std::nullopt : std::optional<RuleVersion>(*newest);
}

Unsettled Book::TakeUnsettled(const std::string& anchor) {
  const std::unique_lock lock(mutex_);
  return std::exchange(unsettled_[anchor], Unsettled());
}

std::vector<std::string> Book::AnchorsLeftBehind() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [anchor, unsettled] : unsettled_) {
    if (!unsettled.receipts.empty()) names.push_back(anchor);
  }
  return names;
}

std::shared_ptr<void> Book::Listen(Listener listener) {
  const std::lock_guard lock(listeners_->mutex);
  const uint64_t id = listeners_->next_id++;
  listeners_->list.emplace(id, std::move(listener));
  return {nullptr, [list = listeners_, id](void*) {
            const std::lock_guard ending(list->mutex);
            list->list.erase(id);
          }};
}

}  // namespace cairn::anchor
