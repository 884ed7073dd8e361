#include "anchor/courier.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/public_text.h"
#include "merkle/hash.h"

namespace cairn::anchor {
namespace {

constexpr uint64_t kDayMs = QuotaDay::kDayMs;
// How long a spent budget waits before it looks again: a wall clock that was set has its effect.
constexpr uint64_t kLongestBudgetWaitMs = 3'600'000;
constexpr size_t kMaxTextBytes = 500;

// What a system outside says is shown to people, and bounded.
std::string Shown(absl::string_view text) { return std::string(text.substr(0, kMaxTextBytes)); }

std::string Shown(const absl::Status& status) { return Shown(PublicText(status)); }

Event EventOf(EventKind kind, const ReceiptHead& head) {
  return {.kind = kind,
          .number = head.round,
          .anchor = head.anchor,
          .size = head.size,
          .to = head.state,
          .confirmations = head.confirmations,
          .existed_by_s = head.existed_by_s,
          .was_final = head.was_final};
}

void AddChanged(const ReceiptHead& head, const std::string& detail, Change& change) {
  Event event = EventOf(EventKind::kReceiptChanged, head);
  event.from = head.state;
  event.detail = detail;
  change.events.push_back(std::move(event));
}

}  // namespace

Courier::Courier(const AnchorOptions& options, Backend& backend, Book& book, const Clock& clock,
                 Randomness random, ReceiptLog log, Heard heard)
    : options_(options),
      backend_(backend),
      book_(book),
      clock_(clock),
      random_(std::move(random)),
      log_(std::move(log)),
      heard_(std::move(heard)) {
  Unsettled unsettled = book.TakeUnsettled(options_.name);
  for (ReceiptHead& head : unsettled.receipts) {
    Open& open = open_[head.round];
    // The process before this may have died between the append and its note.
    if (IsAccepted(head.state)) open.maybe_logged_since_ms = head.changed_at_ms;
    open.head = std::move(head);
  }
  final_rounds_.assign(unsettled.final_rounds.begin(), unsettled.final_rounds.end());
  last_round_ = unsettled.last_round;
  spent_ = std::move(unsettled.spent);
  spent_.anchor = options_.name;
  day_ = QuotaDay(spent_.day, clock_.SteadyMs());
  next_recheck_ms_ = clock_.SteadyMs() + options_.recheck_ms;
  UpdateStatus();
}

bool Courier::IsSettled(const ReceiptHead& head) const {
  return head.closed ||
         (head.state == ReceiptState::kFinal && (head.logged_at.has_value() || !log_.append));
}

bool Courier::MustSend(const ReceiptHead& head) const { return head.sending != Sending::kTaken; }

size_t Courier::Waiting() const {
  return std::count_if(open_.begin(), open_.end(),
                       [](const auto& open) { return !IsAccepted(open.second.head.state); });
}

uint64_t Courier::Backoff(uint32_t failures) {
  const uint32_t doublings = std::min<uint32_t>(failures == 0 ? 0 : failures - 1, 30);
  const uint64_t pause = std::min(options_.first_pause_ms << doublings, options_.longest_pause_ms);
  // Half of it is left to chance, so that what failed together does not return together.
  const uint64_t half = pause / 2;
  return pause - half + static_cast<uint64_t>(static_cast<double>(half) * random_());
}

absl::StatusOr<uint64_t> Courier::Step() {
  if (absl::Status sound = book_.status(); !sound.ok()) return sound;
  const uint64_t now = clock_.SteadyMs();
  Done done = LogOne(now);
  if (done.ok() && !*done && now >= not_before_ms_) {
    done = GiveUpOne();
    if (done.ok() && !*done) done = PrepareNewest(now);
    if (done.ok() && !*done) done = SendOrPollOne(now);
    if (done.ok() && !*done) done = RecheckOne(now);
  }
  UpdateStatus();
  if (!done.ok()) return done.status();
  return *done ? now : NextDue(now);
}

uint64_t Courier::NextDue(uint64_t now) const {
  uint64_t next = std::numeric_limits<uint64_t>::max();
  for (const auto& [round, open] : open_) {
    if (log_.append && IsAccepted(open.head.state) && !open.head.logged_at) {
      next = std::min(next, open.log_due_ms);
    }
    if (open.head.state != ReceiptState::kFinal) {
      next = std::min(next, std::max(open.due_ms, not_before_ms_));
    }
  }
  if (!final_rounds_.empty()) next = std::min(next, std::max(next_recheck_ms_, not_before_ms_));
  const std::optional<RoundHead> newest = book_.newest_round();
  if (!options_.retired && newest && newest->number > last_round_ &&
      Waiting() < options_.max_open) {
    next = std::min(next, not_before_ms_);
  }
  return std::max(next, now + 1);
}

absl::Status Courier::MoveAlong(ReceiptState to, ReceiptHead& head, Change& change,
                                const std::string& detail) const {
  const ReceiptState from = head.state;
  if (absl::Status moved = Move(to, head); !moved.ok()) return moved;
  if (IsAccepted(from) && !IsAccepted(to)) head.waiting_since_ms = clock_.WallMs();
  Event event = EventOf(EventKind::kReceiptMoved, head);
  event.from = from;
  event.detail = detail;
  change.events.push_back(std::move(event));
  return absl::OkStatus();
}

absl::Status Courier::Save(Open& open, const ReceiptHead& head, Change change) {
  if (!change.receipt) change.receipt = ReceiptChange();
  change.receipt->head = head;
  if (!change.events.empty()) change.receipt->head.changed_at_ms = clock_.WallMs();
  const ReceiptHead saved = change.receipt->head;
  if (absl::Status written = book_.Write(std::move(change)); !written.ok()) return written;
  open.head = saved;
  return absl::OkStatus();
}

void Courier::Settle(uint64_t round) {
  const auto at = open_.find(round);
  if (at == open_.end()) return;
  const auto known = std::find(final_rounds_.begin(), final_rounds_.end(), round);
  const bool final = at->second.head.state == ReceiptState::kFinal;
  if (final && known == final_rounds_.end()) final_rounds_.push_back(round);
  if (!final && known != final_rounds_.end()) final_rounds_.erase(known);
  while (final_rounds_.size() > std::min(options_.rechecked, Book::kRemembered)) {
    final_rounds_.pop_front();
  }
  if (IsSettled(at->second.head)) open_.erase(at);
}

Courier::Done Courier::LogOne(uint64_t now) {
  if (!log_.append) return false;
  for (auto& [round, open] : open_) {
    if (!IsAccepted(open.head.state) || open.head.logged_at || open.log_due_ms > now) continue;
    const absl::StatusOr<ReceiptBytes> bytes = book_.store().ReadBytes(round, options_.name);
    if (!bytes.ok()) return bytes.status();
    const absl::StatusOr<LeafIndex> index =
        FindOrAppend(open, {.round = round,
                            .anchor = open.head.anchor,
                            .kind = open.head.kind,
                            .size = open.head.size,
                            .receipt_hash = merkle::Sha256(bytes->native)});
    if (!index.ok()) {
      open.log_due_ms = now + Backoff(++open.log_failures);
      return true;
    }
    open.log_failures = 0;
    ReceiptHead head = open.head;
    head.logged_at = *index;
    Change change;
    AddChanged(head, absl::StrCat("entry ", index->value(), " of the log"), change);
    if (absl::Status saved = Save(open, head, std::move(change)); !saved.ok()) return saved;
    Settle(round);
    return true;
  }
  return false;
}

absl::StatusOr<LeafIndex> Courier::FindOrAppend(Open& open, const AcceptedReceipt& receipt) {
  if (open.maybe_logged_since_ms) {
    const auto found = log_.find(receipt, *open.maybe_logged_since_ms);
    if (!found.ok()) return found.status();
    if (*found) return **found;
    open.maybe_logged_since_ms.reset();
  }
  const uint64_t begun = clock_.WallMs();
  // Killed after this: the entry is there, and the next start finds it.
  absl::StatusOr<LeafIndex> index = log_.append(receipt);
  // It may have been taken for all that.
  if (!index.ok()) open.maybe_logged_since_ms = begun;
  return index;
}

// So that what is never answered does not keep a place among the open ones for ever.
Courier::Done Courier::GiveUpOne() {
  const uint64_t wall = clock_.WallMs();
  for (auto& [round, open] : open_) {
    ReceiptHead head = open.head;
    const bool old =
        wall > head.waiting_since_ms && wall - head.waiting_since_ms > options_.give_up_ms;
    const bool tried = MustSend(head) && head.attempts >= options_.max_attempts;
    if (IsAccepted(head.state) || !(old || tried)) continue;
    const std::string why = absl::StrCat("given up after ", head.attempts, " requests");
    Change change;
    if (head.state == ReceiptState::kFailed) {
      AddChanged(head, why, change);
    } else if (absl::Status moved = MoveAlong(ReceiptState::kFailed, head, change, why);
               !moved.ok()) {
      return moved;
    }
    head.closed = true;
    if (absl::Status saved = Save(open, head, std::move(change)); !saved.ok()) return saved;
    Settle(round);
    return true;
  }
  return false;
}

Courier::Done Courier::PrepareNewest(uint64_t now) {
  if (options_.retired) {
    if (absl::Status closed = book_.CloseGap(options_.name, GapReason::kTooManyOpen);
        !closed.ok()) {
      return closed;
    }
    return false;
  }
  const std::optional<RoundHead> newest = book_.newest_round();
  if (!newest || newest->number <= last_round_) return false;
  const size_t waiting = Waiting();
  if (waiting >= options_.max_open) {
    absl::Status opened = book_.OpenGap(options_.name, GapReason::kTooManyOpen, clock_.WallMs(),
                                        absl::StrCat(waiting, " receipts are not accepted yet"));
    if (!opened.ok()) return opened;
    return false;
  }
  const absl::StatusOr<std::string> request = backend_.Prepare(newest->digest);
  const bool sound = request.ok() && !request->empty() && request->size() <= kMaxReceiptBytes;
  if (!sound) {
    absl::Status paused =
        Pause(request.ok() ? absl::InternalError("a request without bytes, or too long")
                           : request.status(),
              now);
    if (!paused.ok()) return paused;
    return true;
  }
  const uint64_t wall = clock_.WallMs();
  Open open{.head = {.round = newest->number,
                     .anchor = options_.name,
                     .kind = std::string(backend_.kind()),
                     .digest = newest->digest,
                     .size = newest->size,
                     .waiting_since_ms = wall,
                     .changed_at_ms = wall},
            .due_ms = now};
  // Killed before: as if it had never been; after: sent by the next start.
  absl::Status written = book_.Write(
      {.receipt = ReceiptChange{.head = open.head, .bytes = ReceiptBytes{.request = *request}},
       .events = {EventOf(EventKind::kReceiptMoved, open.head)}});
  if (written.ok()) written = book_.CloseGap(options_.name, GapReason::kTooManyOpen);
  if (!written.ok()) return written;
  last_round_ = newest->number;
  open_[newest->number] = std::move(open);
  return true;
}

Courier::Done Courier::SendOrPollOne(uint64_t now) {
  Open* first = nullptr;
  // Of those that are due alike, the newest: it covers the most.
  for (auto& [round, open] : open_) {
    if (open.due_ms > now || open.head.state == ReceiptState::kFinal) continue;
    if (first == nullptr || open.due_ms <= first->due_ms) first = &open;
  }
  if (first == nullptr) return false;
  const uint64_t round = first->head.round;
  absl::Status done = MustSend(first->head) ? Send(*first, now) : Poll(*first);
  if (!done.ok()) return done;
  Settle(round);
  return true;
}

Courier::Done Courier::BeforeSending(Open& open, ReceiptBytes& bytes, uint64_t now) {
  const uint64_t wall = clock_.WallMs();
  Spent spent = spent_;
  QuotaDay day = day_;
  if (day.Advance(wall, now)) spent = {.anchor = options_.name, .day = day.day()};
  if (spent.requests >= options_.max_requests_a_day) {
    open.due_ms = now + std::min(kDayMs - wall % kDayMs, kLongestBudgetWaitMs);
    absl::Status opened =
        book_.OpenGap(options_.name, GapReason::kBudgetSpent, wall,
                      absl::StrCat("all ", options_.max_requests_a_day, " requests of a day"));
    if (!opened.ok()) return opened;
    return false;
  }
  ++spent.requests;
  ReceiptHead head = open.head;
  Change change{.receipt = ReceiptChange()};
  if (head.state == ReceiptState::kFailed) {
    // The system does not know the request that was sent: this is another, stored before it is
    // sent.
    absl::StatusOr<std::string> request = backend_.Prepare(head.digest);
    if (!request.ok() || request->empty() || request->size() > kMaxReceiptBytes) {
      absl::Status taken = TakeError(
          open, request.ok() ? absl::InternalError("no sound request") : request.status(), now);
      if (!taken.ok()) return taken;
      return false;
    }
    bytes = {.request = *std::move(request)};
    change.receipt->bytes = bytes;
  } else {
    absl::StatusOr<ReceiptBytes> stored = book_.store().ReadBytes(head.round, options_.name);
    if (!stored.ok()) return stored.status();
    bytes = *std::move(stored);
    if (head.sending == Sending::kInFlight) ++head.extra_requests;
  }
  if (head.state != ReceiptState::kSubmitted) {
    absl::Status moved = MoveAlong(ReceiptState::kSubmitted, head, change, "");
    if (!moved.ok()) return moved;
  }
  head.sending = Sending::kInFlight;
  ++head.attempts;
  change.spent = spent;
  if (absl::Status saved = Save(open, head, std::move(change)); !saved.ok()) return saved;
  spent_ = spent;
  day_ = day;
  if (absl::Status closed = book_.CloseGap(options_.name, GapReason::kBudgetSpent); !closed.ok()) {
    return closed;
  }
  return true;
}

absl::Status Courier::Send(Open& open, uint64_t now) {
  ReceiptBytes bytes;
  const Done ready = BeforeSending(open, bytes, now);
  if (!ready.ok()) return ready.status();
  if (!*ready) return absl::OkStatus();
  // Killed from here until the answer is stored: sent once more by the next start, and counted.
  const absl::StatusOr<Progress> answer = backend_.Submit(open.head.digest, bytes.request);
  return TakeAnswer(open, std::move(bytes), answer, clock_.SteadyMs());
}

absl::Status Courier::Poll(Open& open) {
  absl::StatusOr<ReceiptBytes> bytes = book_.store().ReadBytes(open.head.round, options_.name);
  if (!bytes.ok()) return bytes.status();
  const absl::StatusOr<Progress> answer =
      backend_.Poll(open.head.digest, bytes->request, bytes->native);
  return TakeAnswer(open, *std::move(bytes), answer, clock_.SteadyMs());
}

Courier::Done Courier::RecheckOne(uint64_t now) {
  if (final_rounds_.empty() || next_recheck_ms_ > now) return false;
  next_recheck_ms_ = now + options_.recheck_ms;
  const uint64_t round = final_rounds_.front();
  final_rounds_.pop_front();
  final_rounds_.push_back(round);
  if (!open_.contains(round)) {
    absl::StatusOr<ReceiptHead> head = book_.store().ReadReceipt(round, options_.name);
    if (!head.ok()) return head.status();
    open_[round].head = *std::move(head);
  }
  if (absl::Status polled = Poll(open_[round]); !polled.ok()) return polled;
  Settle(round);
  return true;
}

absl::Status Courier::TakeAnswer(Open& open, ReceiptBytes bytes,
                                 const absl::StatusOr<Progress>& answer, uint64_t now) {
  if (!answer.ok()) return TakeError(open, answer.status(), now);
  const absl::StatusOr<std::vector<ReceiptState>> arrows = ArrowsTo(open.head.state, *answer);
  if (!arrows.ok()) return TakeError(open, arrows.status(), now);
  if (absl::Status recovered = Recover(*answer); !recovered.ok()) return recovered;
  return TakeProgress(open, std::move(bytes), *answer, *arrows, now);
}

absl::Status Courier::TakeProgress(Open& open, ReceiptBytes bytes, const Progress& progress,
                                   const std::vector<ReceiptState>& arrows, uint64_t now) {
  ReceiptHead head = open.head;
  const bool gone = progress.state == ReceiptState::kReorganised;
  Change change{.receipt = ReceiptChange()};
  const auto set = [&] {
    if (!IsAccepted(head.state)) return;
    head.confirmations = progress.confirmations;
    head.existed_by_s = progress.existed_by_s;
  };
  for (const ReceiptState to : arrows) {
    if (absl::Status moved = MoveAlong(to, head, change, Shown(progress.detail)); !moved.ok()) {
      return moved;
    }
    set();
    change.events.back().confirmations = head.confirmations;
    change.events.back().existed_by_s = head.existed_by_s;
  }
  set();
  head.detail = Shown(progress.detail);
  head.last_error.clear();
  head.sending = gone ? Sending::kIdle : Sending::kTaken;
  const bool changed = bytes.native != progress.receipt ||
                       head.confirmations != open.head.confirmations ||
                       head.existed_by_s != open.head.existed_by_s;
  if (change.events.empty() && changed) AddChanged(head, head.detail, change);
  open.failures = 0;
  const uint64_t longer = std::max(options_.first_poll_ms, 2 * open.poll_ms);
  open.poll_ms = changed || !change.events.empty() ? options_.first_poll_ms
                                                   : std::min(longer, options_.longest_poll_ms);
  open.due_ms = now + open.poll_ms;
  if (change.events.empty() && head == open.head) return absl::OkStatus();
  if (bytes.native != progress.receipt) {
    bytes.native = progress.receipt;
    change.receipt->bytes = std::move(bytes);
  }
  // Killed before this, of a request that was taken: sent once more, or polled again.
  return Save(open, head, std::move(change));
}

absl::Status Courier::TakeError(Open& open, const absl::Status& error, uint64_t now) {
  if (absl::Status paused = Pause(error, now); !paused.ok()) return paused;
  open.due_ms = now + Backoff(++open.failures);
  ReceiptHead head = open.head;
  Change change{.receipt = ReceiptChange()};
  const std::string shown = Shown(error);
  // No error takes back what is final.
  const bool refused = head.state != ReceiptState::kFinal && head.state != ReceiptState::kFailed;
  if (refused && (absl::IsNotFound(error) || absl::IsFailedPrecondition(error))) {
    absl::Status moved = MoveAlong(ReceiptState::kFailed, head, change, shown);
    if (!moved.ok()) return moved;
    head.closed = absl::IsFailedPrecondition(error);
    head.sending = Sending::kIdle;
  } else {
    if (head.last_error != shown) {
      head.last_error = shown;
      AddChanged(head, shown, change);
    }
    // An answer came, if only an error: the next try is no crash's fault.
    if (head.sending == Sending::kInFlight) head.sending = Sending::kIdle;
  }
  head.last_error = shown;
  if (head == open.head) return absl::OkStatus();
  return Save(open, head, std::move(change));
}

absl::Status Courier::Pause(const absl::Status& error, uint64_t now) {
  if (heard_) heard_(options_.name, error);
  not_before_ms_ = now + Backoff(++failures_);
  if (failures_ == 1) {
    failing_since_steady_ms_ = now;
    failing_since_ms_ = clock_.WallMs();
  }
  {
    const std::lock_guard lock(mutex_);
    status_.last_error = Shown(error);
  }
  if (now - failing_since_steady_ms_ < options_.gap_after_ms) return absl::OkStatus();
  return book_.OpenGap(options_.name, GapReason::kBackendDown, failing_since_ms_, Shown(error));
}

absl::Status Courier::Recover(const Progress& progress) {
  if (heard_) heard_(options_.name, progress.trouble);
  failures_ = 0;
  not_before_ms_ = 0;
  failing_since_ms_ = 0;
  {
    const std::lock_guard lock(mutex_);
    status_.last_error.clear();
  }
  return book_.CloseGap(options_.name, GapReason::kBackendDown);
}

void Courier::UpdateStatus() {
  QuotaDay day = day_;
  const bool another_day = day.Advance(clock_.WallMs(), clock_.SteadyMs());
  const size_t waiting = Waiting();
  const std::lock_guard lock(mutex_);
  status_.name = options_.name;
  status_.kind = std::string(backend_.kind());
  status_.failing_since_ms = failing_since_ms_;
  status_.waiting = waiting;
  status_.polled = open_.size() - waiting;
  status_.requests_today = another_day ? 0 : spent_.requests;
}

AnchorStatus Courier::GetStatus() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace cairn::anchor
