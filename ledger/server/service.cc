#include "ledger/server/service.h"

#include <atomic>
#include <optional>

#include "ledger/server/append.h"
#include "ledger/server/append_stream.h"
#include "ledger/server/list.h"
#include "ledger/server/read_calls.h"
#include "ledger/server/request.h"
#include "ledger/server/unary.h"
#include "ledger/server/watch.h"
#include "proto/log_service.grpc.pb.h"

namespace cairn::server {
namespace {

using Grpc = v1::Log;
using Bytes = grpc::ByteBuffer;

// Every method takes bytes: see ParseMessage.
using RawService = Grpc::WithRawCallbackMethod_Append<Grpc::WithRawCallbackMethod_AppendStream<
    Grpc::WithRawCallbackMethod_Prove<Grpc::WithRawCallbackMethod_GetConsistency<
        Grpc::WithRawCallbackMethod_GetCheckpoint<Grpc::WithRawCallbackMethod_WatchCheckpoints<
            Grpc::WithRawCallbackMethod_ListEntries<Grpc::Service>>>>>>>;

class LogService final : public RawService {
 public:
  explicit LogService(const Context& context)
      : context_(context), integrated_(context, v1::CHECKPOINT_KIND_INTEGRATED) {
    // Else both are one, and each commit would make its message twice.
    if (context.publication.CanWait().ok()) {
      published_.emplace(context, v1::CHECKPOINT_KIND_PUBLISHED);
    }
  }

  grpc::ServerUnaryReactor* Append(grpc::CallbackServerContext* call, const Bytes* request,
                                   Bytes* response) override {
    return HandleAppend(context_, call, *request, response);
  }
  grpc::ServerBidiReactor<Bytes, Bytes>* AppendStream(grpc::CallbackServerContext* call) override {
    return HandleAppendStream(context_, call);
  }
  grpc::ServerUnaryReactor* Prove(grpc::CallbackServerContext* call, const Bytes* request,
                                  Bytes* response) override {
    return Read<v1::ProveRequest>(Call::kProve, call, *request, response, server::Prove);
  }
  grpc::ServerUnaryReactor* GetConsistency(grpc::CallbackServerContext* call, const Bytes* request,
                                           Bytes* response) override {
    return Read<v1::GetConsistencyRequest>(Call::kGetConsistency, call, *request, response,
                                           server::GetConsistency);
  }
  grpc::ServerUnaryReactor* GetCheckpoint(grpc::CallbackServerContext* call, const Bytes* request,
                                          Bytes* response) override {
    const Unary unary{Call::kGetCheckpoint, call->DefaultReactor(), *request, response};
    AnswerUnary<v1::GetCheckpointRequest>(
        context_, unary, [this](const v1::GetCheckpointRequest& asked) {
          return server::GetCheckpoint(context_.log, context_.publication, asked);
        });
    return unary.reactor;
  }
  grpc::ServerWriteReactor<Bytes>* WatchCheckpoints(grpc::CallbackServerContext*,
                                                    const Bytes* request) override {
    // What cannot be read is refused by either.
    const auto asked = ParseMessage<v1::WatchCheckpointsRequest>(*request);
    const bool published =
        published_.has_value() && asked.ok() && asked->kind() == v1::CHECKPOINT_KIND_PUBLISHED;
    return (published ? *published_ : integrated_).Handle(*request);
  }
  grpc::ServerWriteReactor<Bytes>* ListEntries(grpc::CallbackServerContext*,
                                               const Bytes* request) override {
    return HandleList(context_, *request);
  }

 private:
  // Answers a unary call with `read(log, request)`, which may read the disk. To hand it to a worker
  // costs as much again as the read itself when that comes from memory. So one of gRPC's threads at
  // a time reads itself, and the others, which take in the appends, never wait for a disk.
  template <typename Request, typename Function>
  grpc::ServerUnaryReactor* Read(Call name, grpc::CallbackServerContext* call, const Bytes& bytes,
                                 Bytes* response, Function read) {
    const Unary unary{name, call->DefaultReactor(), bytes, response};
    const auto answer = [this, read](const Request& request) {
      return read(context_.log, request);
    };
    if (reading_here_.test_and_set(std::memory_order_acquire)) {
      OfferUnary<Request>(context_, unary, answer);
    } else {
      AnswerUnary<Request>(context_, unary, answer);
      reading_here_.clear(std::memory_order_release);
    }
    return unary.reactor;
  }

  const Context& context_;
  Watchers integrated_;
  std::optional<Watchers> published_;  // Under a witness policy.
  std::atomic_flag reading_here_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeLogService(const Context& context) {
  return std::make_unique<LogService>(context);
}

}  // namespace cairn::server
