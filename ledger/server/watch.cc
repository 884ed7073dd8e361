#include "ledger/server/watch.h"

#include <optional>
#include <utility>
#include <vector>

#include "ledger/server/read_calls.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"

namespace cairn::server {

// One call. Holds no view, which would keep the entries of a commit in memory.
class Watchers::Watch final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                              public Drainable,
                              public std::enable_shared_from_this<Watch> {
 public:
  explicit Watch(Watchers& watchers) : watchers_(watchers) {}

  void Begin(const grpc::ByteBuffer& bytes) {
    self_ = shared_from_this();
    absl::StatusOr<Streams::Place> place = watchers_.context_.streams.Enter();
    if (!place.ok()) return End(place.status());
    place_ = *std::move(place);
    absl::StatusOr<v1::WatchCheckpointsRequest> request =
        ParseMessage<v1::WatchCheckpointsRequest>(bytes);
    absl::Status good = request.ok() ? CheckKind(request->kind()) : request.status();
    if (!good.ok()) return End(good);
    if (request->has_after_size()) sent_ = TreeSize(request->after_size());
    watchers_.Add(self_);
  }

  void Offer(std::shared_ptr<const Message> message) {
    std::lock_guard lock(mutex_);
    if (newest_ == nullptr || newest_->size < message->size) newest_ = std::move(message);
    Advance();
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = nullptr;
    if (ok) return Advance();
    EndLocked(absl::CancelledError("the client is gone"));
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
    if (finished_ || writing_ != nullptr || newest_ == nullptr) return;
    if (sent_.has_value() && newest_->size <= *sent_) return;
    sent_ = newest_->size;
    writing_ = newest_;
    StartWrite(&writing_->bytes);
  }

  void End(const absl::Status& status) {
    std::lock_guard lock(mutex_);
    EndLocked(status);
  }

  void EndLocked(const absl::Status& status) {
    if (finished_) return;
    finished_ = true;
    watchers_.context_.metrics.Answered(Call::kWatchCheckpoints, status.code(), begun_);
    Finish(ToGrpc(status));
  }

  Watchers& watchers_;
  const Metrics::Clock::time_point begun_ = Metrics::Clock::now();
  Streams::Place place_;
  std::shared_ptr<Watch> self_;  // Until OnDone.

  std::mutex mutex_;
  std::shared_ptr<const Message> newest_;
  std::shared_ptr<const Message> writing_;
  std::optional<TreeSize> sent_;  // Only larger trees are sent.
  bool finished_ = false;
};

Watchers::Watchers(const Context& context, v1::CheckpointKind kind)
    : context_(context),
      kind_(kind),
      subscription_(
          kind == v1::CHECKPOINT_KIND_PUBLISHED
              ? context.publication.Subscribe([this](const Publication::Newest& published) {
                  OnCheckpoint(published->size, published->note);
                })
              : context.log.Subscribe([this](const std::shared_ptr<const ledger::View>& view) {
                  OnCheckpoint(view->size(), view->checkpoint);
                })) {
  // What was there before the subscription.
  Look();
}

void Watchers::Look() {
  if (kind_ == v1::CHECKPOINT_KIND_PUBLISHED) {
    const Publication::Newest published = context_.publication.newest();
    if (published != nullptr) OnCheckpoint(published->size, published->note);
    return;
  }
  const auto view = context_.log.Newest();
  OnCheckpoint(view->size(), view->checkpoint);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* Watchers::Handle(const grpc::ByteBuffer& request) {
  // Who was just answered may see no older tree here: answers leave before the subscription is
  // called.
  Look();
  const auto watch = std::make_shared<Watch>(*this);
  watch->Begin(request);
  context_.streams.Add(watch);
  return watch.get();
}

void Watchers::Add(const std::shared_ptr<Watch>& watch) {
  std::shared_ptr<const Message> newest;
  {
    std::lock_guard lock(mutex_);
    watches_.emplace(watch.get(), watch);
    newest = newest_;
  }
  if (newest != nullptr) watch->Offer(std::move(newest));
}

void Watchers::Remove(const Watch& watch) {
  std::lock_guard lock(mutex_);
  watches_.erase(&watch);
}

void Watchers::OnCheckpoint(TreeSize size, const std::string& note) {
  {
    std::lock_guard lock(mutex_);
    if (newest_ != nullptr && size <= newest_->size) return;
    v1::WatchCheckpointsResponse response;
    response.set_checkpoint(note);
    newest_ =
        std::make_shared<const Message>(Message{.size = size, .bytes = SerializeMessage(response)});
    if (walking_ || watches_.empty()) return;
    walking_ = true;
  }
  context_.workers.Run([this] { Walk(); });
}

void Watchers::Walk() {
  std::shared_ptr<const Message> newest;
  std::vector<std::weak_ptr<Watch>> watches;
  {
    std::lock_guard lock(mutex_);
    newest = newest_;
    watches.reserve(watches_.size());
    for (const auto& [key, watch] : watches_) watches.push_back(watch);
  }
  for (const auto& watch : watches) {
    if (const auto alive = watch.lock()) alive->Offer(newest);
  }
  {
    std::lock_guard lock(mutex_);
    walking_ = newest_ != newest;
    if (!walking_) return;
  }
  // Behind what waits meanwhile: commits may come faster than walks.
  context_.workers.Run([this] { Walk(); });
}

}  // namespace cairn::server
