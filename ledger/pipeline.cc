#include "ledger/pipeline.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cairn::ledger {
namespace {

void Refuse(const AppendCallback& done, const absl::Status& status) {
  done({.status = status, .items = {}, .view = nullptr});
}

uint64_t EntriesOf(const std::vector<Batch>& batches) {
  uint64_t entries = 0;
  for (const Batch& batch : batches) entries += batch.items.size();
  return entries;
}

void RefuseAll(const std::vector<Batch>& batches, const absl::Status& status) {
  for (const Batch& batch : batches) Refuse(batch.done, status);
}

}  // namespace

Pipeline::Pipeline(PipelineOptions options, Store* store, const AcceptClock* clock,
                   HashIndex* index, Publisher* publisher, const Listeners* listeners,
                   const Recovered& start)
    : options_(std::move(options)),
      store_(store),
      publisher_(publisher),
      listeners_(listeners),
      durable_(start.state.size.value()),
      sequencer_(store, clock, index, start),
      intake_(options_.max_queued),
      // Once damage is known, an index that cannot be written adds nothing to it.
      indexer_(index,
               [this](const absl::Status& error) {
                 if (halted().ok()) Halt(error, /*fatal=*/true);
               }),
      // One prepared commit may wait for the committer, and one durable for the answerer.
      to_committer_(1),
      to_answerer_(1) {
  threads_.emplace_back([this] { RunSequencer(); });
  threads_.emplace_back([this] { RunCommitter(); });
  threads_.emplace_back([this] { RunAnswerer(); });
}

absl::Status Pipeline::CheckSize(const Batch& batch) const {
  const size_t entries = std::min(options_.max_commit.entries, options_.max_queued.entries);
  const size_t bytes = std::min(options_.max_commit.bytes, options_.max_queued.bytes);
  if (!batch.items.empty() && batch.items.size() <= entries && batch.bytes <= bytes) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "a batch of ", batch.items.size(), " entries of ", batch.bytes, " bytes; it must have 1 to ",
      entries, " entries and at most ", bytes, " bytes: split it"));
}

Ticket Pipeline::Append(Batch batch) {
  if (absl::Status fits = CheckSize(batch); !fits.ok()) {
    Refuse(batch.done, fits);
    return Ticket::kNone;
  }
  const absl::StatusOr<Ticket> pushed = intake_.Push(batch);
  if (pushed.ok()) return *pushed;
  Refuse(batch.done, halted().ok() ? pushed.status() : Refusal());
  return Ticket::kNone;
}

void Pipeline::Withdraw(Ticket ticket) {
  const std::optional<Batch> batch = intake_.Withdraw(ticket);
  if (!batch.has_value()) return;
  Refuse(batch->done, absl::CancelledError("withdrawn before it was sequenced; nothing was taken"));
}

void Pipeline::RunSequencer() {
  while (true) {
    // Room first, then the batches: what comes while all is busy then shares a commit.
    to_committer_.WaitForRoom();
    indexer_.WaitForRoom();
    std::vector<Batch> batches = intake_.Take(options_.max_commit);
    if (batches.empty()) break;
    if (!halted().ok()) {
      RefuseAll(batches, Refusal());
      continue;
    }
    if (absl::Status space = CheckFreeSpace(); !space.ok()) {
      refused_by_disk_ += EntriesOf(batches);
      RefuseAll(batches, space);
      continue;
    }
    absl::StatusOr<Prepared> prepared =
        sequencer_.Prepare(batches, TreeSize(durable_.load(std::memory_order_acquire)));
    if (!prepared.ok()) {
      if (absl::IsDataLoss(prepared.status())) StopSigning(prepared.status());
      if (absl::IsFailedPrecondition(prepared.status())) refused_by_clock_ += EntriesOf(batches);
      RefuseAll(batches, prepared.status());
      continue;
    }
    to_committer_.Push(*std::move(prepared));
  }
  to_committer_.Close();
}

void Pipeline::RunCommitter() {
  while (std::optional<Prepared> prepared = to_committer_.Pop()) {
    if (prepared->tree.has_value() && halted().ok()) {
      const Commit& commit = prepared->tree->commit;
      // Dead before or in this call: the commit is there or not, and nobody was told of it. Dead
      // after it: it is there, and a retry meets a duplicate.
      if (absl::Status written = store_->Write(commit); written.ok()) {
        durable_.store(commit.state.size.value(), std::memory_order_release);
        indexer_.Advance(commit.state.size);
      } else {
        Halt(written, /*fatal=*/true);
      }
    }
    to_answerer_.Push(*std::move(prepared));
  }
  to_answerer_.Close();
}

void Pipeline::RunAnswerer() {
  while (std::optional<Prepared> prepared = to_answerer_.Pop()) Answer(*std::move(prepared));
  // The threads before this one have refused all they had and ended.
  absl::Status reason;
  {
    const std::lock_guard lock(mutex_);
    if (!fatal_) return;
    reason = halted_;
  }
  if (options_.on_fatal) options_.on_fatal(reason);
}

void Pipeline::Answer(Prepared prepared) {
  const bool grown = prepared.tree.has_value();
  std::shared_ptr<const View> view;
  // A commit that was not written got here only together with a halt.
  if (halted().ok()) {
    if (!grown) {
      // All that these answers speak of was signed before: commits are answered in order.
      view = publisher_->Newest();
    } else if (auto published = publisher_->Publish(*std::move(prepared.tree)); published.ok()) {
      view = *std::move(published);
    } else {
      Halt(published.status(), /*fatal=*/true);
    }
  }
  for (ledger::Answer& answer : prepared.answers) {
    if (view == nullptr) {
      Refuse(answer.done, Refusal());
    } else {
      answer.done({.status = absl::OkStatus(), .items = std::move(answer.items), .view = view});
    }
  }
  if (grown && view != nullptr) listeners_->Call(view);
}

void Pipeline::StopSigning(const absl::Status& damage) { Halt(damage, /*fatal=*/false); }

void Pipeline::Halt(const absl::Status& reason, bool fatal) {
  {
    const std::lock_guard lock(mutex_);
    if (halted_.ok()) halted_ = reason;
    fatal_ = fatal_ || fatal;
  }
  intake_.Close();
  indexer_.Release();
}

absl::Status Pipeline::halted() const {
  const std::lock_guard lock(mutex_);
  return halted_;
}

absl::Status Pipeline::Refusal() const {
  const std::lock_guard lock(mutex_);
  if (!fatal_) {
    return absl::DataLossError(
        absl::StrCat("the log found damage and takes no more entries: ", halted_.message()));
  }
  return absl::UnavailableError(
      "the log stopped after a failure; whether this was taken is unknown: send it again");
}

absl::Status Pipeline::CheckFreeSpace() const {
  const absl::StatusOr<uint64_t> free = store_->FreeSpaceBytes();
  if (!free.ok()) return free.status();
  if (*free >= options_.free_space_reserve_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the log's disk has ", *free, " bytes left, which is under the reserve of ",
                   options_.free_space_reserve_bytes, "; free some space, then send it again"));
}

LogStats Pipeline::stats() const {
  LogStats stats;
  intake_.AddTo(stats);
  stats.refused_by_disk = refused_by_disk_.load();
  stats.refused_by_clock = refused_by_clock_.load();
  stats.halted = halted();
  return stats;
}

void Pipeline::Stop() {
  const std::lock_guard lock(stop_mutex_);
  intake_.Close();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  indexer_.Stop();
}

}  // namespace cairn::ledger
