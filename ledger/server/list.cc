#include "ledger/server/list.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"

namespace cairn::server {
namespace {

// Room for what protobuf puts around 1,024 entries or so.
constexpr size_t kMaxEntriesBytes = kMaxBatchBytes - (size_t{32} << 10);
// Bounds the framing, which is 2 to 3 bytes an entry.
constexpr uint64_t kMaxEntriesPerMessage = 8'192;

// Its reactions never overlap: there is one read or one write at a time, and nothing else acts on
// it.
class List final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit List(const Context& context) : context_(context), view_(*context.log.Newest()) {
    // A client that does not read would keep the entries of a commit in memory; they are stored.
    view_.recent = nullptr;
  }

  void Begin(const grpc::ByteBuffer& bytes) {
    absl::StatusOr<Streams::Place> place = context_.streams.Enter();
    if (!place.ok()) return End(place.status());
    place_ = *std::move(place);
    const absl::StatusOr<v1::ListEntriesRequest> request =
        ParseMessage<v1::ListEntriesRequest>(bytes);
    if (!request.ok()) return End(request.status());
    next_ = request->begin();
    end_ = request->end();
    if (next_ > end_) {
      return End(InvalidField(
          "begin", absl::StrCat(next_, " is above end ", end_, "; ask for [begin, end)")));
    }
    if (end_ > view_.size().value()) {
      return End(absl::OutOfRangeError(
          absl::StrCat("end: ", end_, " is beyond the tree, whose size is ", view_.size().value(),
                       "; ask for less, or wait for it to grow")));
    }
    Continue();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return End(absl::CancelledError("the client is gone"));
    Continue();
  }

  void OnDone() override { delete this; }

 private:
  void Continue() {
    if (next_ == end_) return End(absl::OkStatus());
    const absl::Status taken = context_.workers.Offer([this] { SendNext(); });
    if (!taken.ok()) End(WithDefaultRetry(taken));
  }

  void SendNext() {
    const uint64_t end = std::min(end_, next_ + kMaxEntriesPerMessage);
    absl::StatusOr<std::vector<std::string>> entries =
        context_.log.ReadEntries(view_, LeafIndex(next_), LeafIndex(end), kMaxEntriesBytes);
    if (!entries.ok()) return End(context_.alarm.Note(entries.status()));
    v1::ListEntriesResponse response;
    response.set_first_index(next_);
    next_ += entries->size();
    for (std::string& entry : *entries) response.add_entries(std::move(entry));
    response_ = SerializeMessage(response);
    StartWrite(&response_);
  }

  void End(const absl::Status& status) {
    context_.metrics.Answered(Call::kListEntries, status.code(), begun_);
    Finish(ToGrpc(status));
  }

  const Context& context_;
  const Metrics::Clock::time_point begun_ = Metrics::Clock::now();
  Streams::Place place_;
  // The tree as it was when the call came.
  ledger::View view_;
  uint64_t next_ = 0;
  uint64_t end_ = 0;
  grpc::ByteBuffer response_;
};

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* HandleList(const Context& context,
                                                       const grpc::ByteBuffer& request) {
  auto* list = new List(context);
  list->Begin(request);
  return list;
}

}  // namespace cairn::server
