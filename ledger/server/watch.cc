#include "ledger/server/watch.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "ledger/server/read_calls.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"

namespace cairn::server {
namespace {

using ViewPtr = std::shared_ptr<const ledger::View>;

class Watch final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                    public Drainable,
                    public std::enable_shared_from_this<Watch> {
 public:
  void Begin(const Context& context, const grpc::ByteBuffer& bytes) {
    self_ = shared_from_this();
    absl::StatusOr<Streams::Place> place = context.streams.Enter();
    if (!place.ok()) return End(ToGrpc(place.status()));
    place_ = *std::move(place);
    absl::StatusOr<v1::WatchCheckpointsRequest> request =
        ParseMessage<v1::WatchCheckpointsRequest>(bytes);
    absl::Status good = request.ok() ? CheckKind(request->kind()) : request.status();
    if (!good.ok()) return End(ToGrpc(good));
    if (request->has_after_size()) sent_ = TreeSize(request->after_size());
    // First the subscription, then the newest: no checkpoint falls between.
    subscription_ = context.log.Subscribe([weak = weak_from_this()](const ViewPtr& view) {
      if (const auto self = weak.lock()) self->Offer(view);
    });
    Offer(context.log.Newest());
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    if (ok) return Advance();
    EndLocked(grpc::Status::CANCELLED);
  }

  void OnCancel() override { End(grpc::Status::CANCELLED); }

  void OnDrain() override {
    End(ToGrpc(WithDefaultRetry(absl::UnavailableError("the server is stopping; watch again"))));
  }

  void OnDone() override {
    // The listener holds this only while it runs, so nothing waits for itself here.
    subscription_.reset();
    const auto last = std::move(self_);
  }

 private:
  void Offer(const ViewPtr& view) {
    std::lock_guard lock(mutex_);
    if (newest_.empty() || newest_size_ < view->size()) {
      newest_ = view->checkpoint;
      newest_size_ = view->size();
    }
    Advance();
  }

  // Requires mutex_.
  void Advance() {
    if (finished_ || writing_ || newest_.empty()) return;
    if (sent_.has_value() && newest_size_ <= *sent_) return;
    sent_ = newest_size_;
    v1::WatchCheckpointsResponse response;
    response.set_checkpoint(newest_);
    response_ = SerializeMessage(response);
    writing_ = true;
    StartWrite(&response_);
  }

  void End(const grpc::Status& status) {
    std::lock_guard lock(mutex_);
    EndLocked(status);
  }

  void EndLocked(const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  Streams::Place place_;
  std::shared_ptr<Watch> self_;  // Until OnDone.
  std::shared_ptr<void> subscription_;

  std::mutex mutex_;
  // Not the view, which would keep the entries of a commit in memory.
  std::string newest_;
  TreeSize newest_size_;
  std::optional<TreeSize> sent_;  // Only larger trees are sent.
  grpc::ByteBuffer response_;
  bool writing_ = false;
  bool finished_ = false;
};

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* HandleWatch(const Context& context,
                                                        const grpc::ByteBuffer& request) {
  const auto watch = std::make_shared<Watch>();
  watch->Begin(context, request);
  context.streams.Add(watch);
  return watch.get();
}

}  // namespace cairn::server
