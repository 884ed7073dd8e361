#include "ledger/server/anchor_watch.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "anchor/state_history.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"

namespace cairn::server {
namespace {

// A page of a store that may hold a million; with the longest texts some 100 kB.
constexpr size_t kPage = 128;

// What a sequence number of another store leads to is no silence.
absl::Status Beyond(uint64_t after, uint64_t last) {
  return absl::OutOfRangeError(
      absl::StrCat("after_sequence: event ", after, " is beyond the last one, ", last,
                   "; these anchors are not those that you watched: begin with 0"));
}

}  // namespace

// One call. Between two messages it is idle, or a worker reads for it; its mutex guards which.
class AnchorWatchers::Watch final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                                    public Drainable,
                                    public std::enable_shared_from_this<Watch> {
 public:
  Watch(AnchorWatchers& watchers, Call call, Open open)
      : watchers_(watchers), call_(call), open_(std::move(open)) {}

  void Begin(const grpc::ByteBuffer& request) {
    self_ = shared_from_this();
    absl::StatusOr<Streams::Place> place = watchers_.context_.streams.Enter();
    if (!place.ok()) return End(place.status());
    place_ = *std::move(place);
    request_ = request;
    busy_ = true;
    const absl::Status taken =
        watchers_.context_.workers.Offer([self = self_] { self->ReadNext(); });
    if (!taken.ok()) End(WithDefaultRetry(taken));
  }

  // Something has happened.
  void Wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    Advance();
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    busy_ = false;
    if (!ok) return EndLocked(absl::CancelledError("the client is gone"));
    Advance();
  }

  void OnCancel() override { End(absl::CancelledError("the client is gone")); }

  void OnDrain() override {
    End(WithDefaultRetry(absl::UnavailableError("the server is stopping; watch again")));
  }

  void OnDone() override {
    watchers_.Remove(*this);
    const auto last = std::move(self_);
  }

 private:
  // Requires mutex_.
  void Advance() {
    if (finished_ || busy_ || !woken_) return;
    busy_ = true;
    // At most one for each place among the streams.
    watchers_.context_.workers.Run([self = shared_from_this()] { self->ReadNext(); });
  }

  // On a worker, while busy_.
  void ReadNext() {
    {
      const std::lock_guard lock(mutex_);
      // Before it reads: what happens from here on is read by the next one.
      woken_ = false;
    }
    absl::StatusOr<Next> next = Read();
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    if (!next.ok()) return EndLocked(watchers_.context_.alarm.Note(next.status()));
    if (!next->at_end) woken_ = true;
    if (next->message.has_value()) {
      message_ = *std::move(next->message);
      StartWrite(&message_);
      return;
    }
    busy_ = false;
    Advance();
  }

  absl::StatusOr<Next> Read() {
    if (source_ == nullptr) {
      absl::StatusOr<Source> source = open_(request_);
      if (!source.ok()) return source.status();
      source_ = *std::move(source);
    }
    return source_();
  }

  void End(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    EndLocked(status);
  }

  void EndLocked(const absl::Status& status) {
    if (finished_) return;
    finished_ = true;
    watchers_.context_.metrics.Answered(call_, status.code(), begun_);
    Finish(ToGrpc(status));
  }

  AnchorWatchers& watchers_;
  const Call call_;
  const Metrics::Clock::time_point begun_ = Metrics::Clock::now();
  Streams::Place place_;
  std::shared_ptr<Watch> self_;  // Until OnDone.
  grpc::ByteBuffer request_;
  // Of who made it busy.
  const Open open_;
  Source source_;
  grpc::ByteBuffer message_;

  std::mutex mutex_;
  bool busy_ = false;   // A worker reads, or message_ is being written.
  bool woken_ = false;  // There may be more to read.
  bool finished_ = false;
};

AnchorWatchers::AnchorWatchers(const Context& context, const AnchorsContext& anchors)
    : context_(context),
      anchors_(anchors),
      subscription_(anchors.anchorer.book().Listen([this](uint64_t) { OnEvent(); })) {}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AnchorWatchers::WatchAnchors(
    const grpc::ByteBuffer& request) {
  return Begin(Call::kWatchAnchors, request,
               [this](const grpc::ByteBuffer& bytes) { return OpenEvents(bytes); });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AnchorWatchers::WatchProofState(
    const grpc::ByteBuffer& request) {
  return Begin(Call::kWatchProofState, request,
               [this](const grpc::ByteBuffer& bytes) { return OpenStates(bytes); });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AnchorWatchers::Begin(Call call,
                                                                  const grpc::ByteBuffer& request,
                                                                  Open open) {
  const auto watch = std::make_shared<Watch>(*this, call, std::move(open));
  {
    // Before it reads: what happens from then on wakes it.
    const std::lock_guard lock(mutex_);
    watches_.emplace(watch.get(), watch);
  }
  watch->Begin(request);
  context_.streams.Add(watch);
  return watch.get();
}

absl::StatusOr<AnchorWatchers::Source> AnchorWatchers::OpenEvents(const grpc::ByteBuffer& bytes) {
  const auto request = ParseMessage<v1::WatchAnchorsRequest>(bytes);
  if (!request.ok()) return request.status();
  anchor::Book& book = anchors_.anchorer.book();
  const uint64_t last = book.last_sequence();
  if (request->after_sequence() > last) return Beyond(request->after_sequence(), last);
  return [&book, next = request->after_sequence() + 1,
          first = true]() mutable -> absl::StatusOr<Next> {
    const absl::Status sound = book.status();
    const auto events = anchor::ReadDurable(book, next, kPage);
    if (!events.ok()) return OfAnchorStore(events.status());
    if (events->empty() && !sound.ok()) return OfAnchorStore(sound);
    v1::WatchAnchorsResponse response;
    for (const anchor::Event& event : *events) *response.add_events() = EventMessage(event);
    next += events->size();
    response.set_last_sequence(book.last_sequence());
    Next out{.message = std::nullopt, .at_end = events->empty()};
    if (std::exchange(first, false) || !events->empty()) out.message = SerializeMessage(response);
    return out;
  };
}

absl::StatusOr<AnchorWatchers::Source> AnchorWatchers::OpenStates(const grpc::ByteBuffer& bytes) {
  const auto request = ParseMessage<v1::WatchProofStateRequest>(bytes);
  if (!request.ok()) return request.status();
  const absl::StatusOr<std::vector<LeafIndex>> indexes = FindEntries(anchors_.log, *request);
  if (!indexes.ok()) return indexes.status();
  std::optional<uint64_t> after;
  if (request->has_after_sequence()) after = request->after_sequence();
  anchor::Book& book = anchors_.anchorer.book();
  absl::StatusOr<anchor::StateHistory> opened = anchor::StateHistory::Open(book, *indexes, after);
  if (absl::IsOutOfRange(opened.status())) return Beyond(*after, book.last_sequence());
  if (!opened.ok()) return OfAnchorStore(opened.status());
  const auto history = std::make_shared<anchor::StateHistory>(*std::move(opened));
  return [&book, history, live = false]() mutable -> absl::StatusOr<Next> {
    const absl::StatusOr<anchor::StateHistory::Page> page = history->Read(kPage);
    if (absl::IsResourceExhausted(page.status())) return page.status();
    if (!page.ok()) return OfAnchorStore(page.status());
    v1::WatchProofStateResponse response;
    response.set_sequence(page->sequence);
    response.set_last_sequence(page->at_end ? page->sequence : book.last_sequence());
    response.set_rule(RuleText(book));
    for (const anchor::StateChange& change : page->changes) {
      v1::ProofStateChange& message = *response.add_changes();
      message.set_sequence(change.sequence);
      message.set_at_ms(change.at_ms);
      *message.mutable_entry() = StateMessage(change.index, change.state, change.first_round);
    }
    Next out{.message = std::nullopt, .at_end = page->at_end};
    if (!page->changes.empty() || (page->at_end && !live)) out.message = SerializeMessage(response);
    live = live || page->at_end;
    return out;
  };
}

void AnchorWatchers::Remove(const Watch& watch) {
  const std::lock_guard lock(mutex_);
  watches_.erase(&watch);
}

void AnchorWatchers::OnEvent() {
  {
    const std::lock_guard lock(mutex_);
    if (walking_ || watches_.empty()) return;
    walking_ = true;
  }
  context_.workers.Run([this] { Walk(); });
}

void AnchorWatchers::Walk() {
  std::vector<std::weak_ptr<Watch>> watches;
  {
    const std::lock_guard lock(mutex_);
    // What happens from here on asks for another walk.
    walking_ = false;
    watches.reserve(watches_.size());
    for (const auto& [key, watch] : watches_) watches.push_back(watch);
  }
  for (const auto& watch : watches) {
    if (const auto alive = watch.lock()) alive->Wake();
  }
}

}  // namespace cairn::server
