#include "anchor/anchorer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "anchor/public_text.h"

namespace cairn::anchor {
namespace {

absl::Status CheckAnchors(const std::vector<AnchorSource>& anchors, const Rule& rule) {
  if (absl::Status checked = CheckRule(rule); !checked.ok()) return checked;
  if (anchors.size() > kMaxAnchors) {
    return absl::InvalidArgumentError(
        absl::StrCat(anchors.size(), " anchors; at most ", kMaxAnchors));
  }
  std::set<std::string> names;
  for (const AnchorSource& anchor : anchors) {
    if (!IsAnchorName(anchor.options.name) || anchor.backend == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("an anchor without a name or a backend: ", anchor.options.name));
    }
    if (!names.insert(anchor.options.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("two anchors are called ", anchor.options.name));
    }
  }
  for (const RuleAnchor& anchor : rule.anchors) {
    if (!names.contains(anchor.name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the rule names ", anchor.name, ", which is no anchor here"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

Anchorer::Anchorer(const Clock& clock, const AnchorerOptions& options, AnchorerSources sources,
                   std::unique_ptr<Book> book)
    : clock_(clock), options_(options), sources_(std::move(sources)), book_(std::move(book)) {
  next_round_ms_ = FirstRoundAt();
}

absl::StatusOr<std::unique_ptr<Anchorer>> Anchorer::Open(Store& store, const Clock& clock,
                                                         const AnchorerOptions& options,
                                                         std::vector<AnchorSource> anchors,
                                                         AnchorerSources sources) {
  if (absl::Status checked = CheckAnchors(anchors, options.rule); !checked.ok()) return checked;
  absl::StatusOr<std::unique_ptr<Book>> book =
      Book::Open(store, clock, sources.receipt_log.append != nullptr);
  if (!book.ok()) return book.status();
  if (absl::Status adopted = (*book)->AdoptRule(options.rule); !adopted.ok()) return adopted;
  std::unique_ptr<Anchorer> anchorer(
      new Anchorer(clock, options, std::move(sources), *std::move(book)));
  for (AnchorSource& source : anchors) {
    auto worker = std::make_unique<Worker>();
    worker->source = std::move(source);
    const auto random = [owner = anchorer.get()] {
      const std::lock_guard lock(owner->random_mutex_);
      return owner->sources_.random();
    };
    worker->courier = std::make_unique<Courier>(
        worker->source.options, *worker->source.backend, *anchorer->book_, clock, random,
        anchorer->sources_.receipt_log, anchorer->sources_.heard);
    anchorer->workers_.push_back(std::move(worker));
  }
  return anchorer;
}

Anchorer::~Anchorer() { Stop(); }

// A process that is started often does not make more rounds. What the wall clock says is bounded:
// it may have been set.
uint64_t Anchorer::FirstRoundAt() const {
  const std::optional<RoundHead> newest = book_->newest_round();
  const uint64_t now = clock_.SteadyMs();
  if (!newest) return now;
  const uint64_t due = newest->frozen_at_ms + options_.interval_ms;
  const uint64_t wall = clock_.WallMs();
  return due <= wall ? now : now + std::min(due - wall, options_.interval_ms);
}

void Anchorer::Start() {
  rounds_ = std::thread([this] { Run([this] { return StepRounds(); }); });
  for (size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->thread = std::thread([this, i] { Run([this, i] { return StepAnchor(i); }); });
  }
}

void Anchorer::Run(const std::function<absl::StatusOr<uint64_t>()>& step) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const uint64_t frozen = frozen_;
    lock.unlock();
    const absl::StatusOr<uint64_t> next = step();
    lock.lock();
    // The store is gone: nothing can be made durable, so nothing is done.
    if (!next.ok()) return;
    while (!stopping_ && frozen_ == frozen && clock_.SteadyMs() < *next) {
      clock_.WaitUntil(changed_, lock, *next);
    }
  }
}

void Anchorer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (rounds_.joinable()) rounds_.join();
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

absl::StatusOr<uint64_t> Anchorer::StepAnchor(size_t number) {
  return workers_[number]->courier->Step();
}

absl::StatusOr<uint64_t> Anchorer::StepRounds() {
  if (absl::Status sound = book_->status(); !sound.ok()) return sound;
  const uint64_t now = clock_.SteadyMs();
  if (now < next_round_ms_) return next_round_ms_;
  const absl::Status made = MakeRound();
  if (absl::Status sound = book_->status(); !sound.ok()) return sound;
  const uint64_t wait =
      made.ok() ? options_.interval_ms : std::min(options_.retry_ms, options_.interval_ms);
  // Counted from the round's start: what follows a frozen round may already see time pass.
  next_round_ms_ = now + wait;
  return next_round_ms_;
}

// An error is tried again soon; that nothing has changed is none.
absl::Status Anchorer::MakeRound() {
  {
    const std::lock_guard lock(mutex_);
    if (!damage_.ok()) return absl::OkStatus();
  }
  const absl::StatusOr<Published> published = sources_.published();
  if (!published.ok()) return NothingPublished(std::string(published.status().message()));
  const std::optional<RoundHead> before = book_->newest_round();
  const TreeSize old_size = before ? before->size : TreeSize(0);
  const bool same = published->size == old_size && (!before || published->root == before->root);
  if (same && IsBehind(*published)) {
    // What was taken a moment ago is published in another: only what stays unpublished is a gap.
    if (!std::exchange(lagging_, true)) return absl::UnavailableError("not published yet");
    return NothingPublished(absl::StrCat("the log has ", published->integrated.value(),
                                         " entries, of which ", published->size.value(),
                                         " are published"));
  }
  lagging_ = false;
  const bool only_receipts =
      published->size > old_size &&
      published->size.value() - old_size.value() == book_->ReceiptEntriesBelow(published->size);
  if (same || only_receipts) return book_->CloseGap("", GapReason::kNothingPublished);
  absl::StatusOr<Round> round = Freeze(before, *published, clock_.WallMs(), sources_.prover);
  if (round.ok()) return Keep(*std::move(round));
  if (absl::IsDataLoss(round.status())) {
    const std::lock_guard lock(mutex_);
    damage_ = round.status();
  }
  absl::Status noted =
      book_->OpenGap("", GapReason::kNoProof, clock_.WallMs(), PublicText(round.status()));
  if (sources_.heard) sources_.heard("", round.status());
  return noted.ok() ? round.status() : noted;
}

// Whether the log has grown beyond what is published, by more than its own entries about receipts.
// Requires a published tree of the newest round's size.
bool Anchorer::IsBehind(const Published& published) const {
  if (published.integrated <= published.size) return false;
  return published.integrated.value() - published.size.value() >
         book_->ReceiptEntriesBelow(published.integrated);
}

absl::Status Anchorer::NothingPublished(const std::string& why) {
  const std::optional<RoundHead> before = book_->newest_round();
  const uint64_t since = before ? before->frozen_at_ms : clock_.WallMs();
  absl::Status noted = book_->OpenGap("", GapReason::kNothingPublished, since, why);
  return noted.ok() ? absl::UnavailableError(why) : noted;
}

absl::Status Anchorer::Keep(Round round) {
  const Event frozen{
      .kind = EventKind::kRoundFrozen, .number = round.head.number, .size = round.head.size};
  // Killed before: the next start freezes what is the newest then. After: it goes on with this one.
  absl::Status stored = book_->Write({.round = std::move(round), .events = {frozen}});
  if (stored.ok()) stored = book_->CloseGap("", GapReason::kNothingPublished);
  if (stored.ok()) stored = book_->CloseGap("", GapReason::kNoProof);
  {
    const std::lock_guard lock(mutex_);
    ++frozen_;
  }
  changed_.notify_all();
  return stored;
}

absl::Status Anchorer::health() const {
  if (absl::Status sound = book_->status(); !sound.ok()) return sound;
  const std::lock_guard lock(mutex_);
  return damage_;
}

std::vector<AnchorStatus> Anchorer::GetStatus() const {
  std::vector<AnchorStatus> all;
  for (const auto& worker : workers_) all.push_back(worker->courier->GetStatus());
  return all;
}

std::string Anchorer::Link(const std::string& anchor, const std::string& native) const {
  for (const auto& worker : workers_) {
    if (worker->source.options.name == anchor) return worker->source.backend->Link(native);
  }
  return "";
}

}  // namespace cairn::anchor
