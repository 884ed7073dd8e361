#include "ledger/server/service.h"

#include "ledger/server/append.h"
#include "ledger/server/append_stream.h"
#include "ledger/server/list.h"
#include "ledger/server/read_calls.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"
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
  explicit LogService(const Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* Append(grpc::CallbackServerContext* call, const Bytes* request,
                                   Bytes* response) override {
    return HandleAppend(context_, call, *request, response);
  }
  grpc::ServerBidiReactor<Bytes, Bytes>* AppendStream(grpc::CallbackServerContext* call) override {
    return HandleAppendStream(context_, call);
  }
  grpc::ServerUnaryReactor* Prove(grpc::CallbackServerContext* call, const Bytes* request,
                                  Bytes* response) override {
    return Answer<v1::ProveRequest>(call, *request, response, server::Prove);
  }
  grpc::ServerUnaryReactor* GetConsistency(grpc::CallbackServerContext* call, const Bytes* request,
                                           Bytes* response) override {
    return Answer<v1::GetConsistencyRequest>(call, *request, response, server::GetConsistency);
  }
  grpc::ServerUnaryReactor* GetCheckpoint(grpc::CallbackServerContext* call, const Bytes* request,
                                          Bytes* response) override {
    return Answer<v1::GetCheckpointRequest>(call, *request, response, server::GetCheckpoint);
  }
  grpc::ServerWriteReactor<Bytes>* WatchCheckpoints(grpc::CallbackServerContext*,
                                                    const Bytes* request) override {
    return HandleWatch(context_, *request);
  }
  grpc::ServerWriteReactor<Bytes>* ListEntries(grpc::CallbackServerContext*,
                                               const Bytes* request) override {
    return HandleList(context_, *request);
  }

 private:
  // Answers a unary reading call with `read(log, request)`.
  template <typename Request, typename Read>
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* call, const Bytes& bytes,
                                   Bytes* response, Read read) {
    grpc::ServerUnaryReactor* reactor = call->DefaultReactor();
    const absl::StatusOr<Request> request = ParseMessage<Request>(bytes);
    if (!request.ok()) {
      reactor->Finish(ToGrpc(request.status()));
      return reactor;
    }
    const auto out = read(context_.log, *request);
    if (out.ok()) *response = SerializeMessage(*out);
    reactor->Finish(ToGrpc(context_.alarm.Note(out.status())));
    return reactor;
  }

  const Context& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeLogService(const Context& context) {
  return std::make_unique<LogService>(context);
}

}  // namespace cairn::server
