#include "ledger/server/anchor_service.h"

#include "ledger/server/anchor_calls.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"
#include "proto/anchors_service.grpc.pb.h"

namespace cairn::server {
namespace {

using Grpc = v1::Anchors;
using Bytes = grpc::ByteBuffer;

// Every method takes bytes: see ParseMessage.
using RawService =
    Grpc::WithRawCallbackMethod_GetProofState<Grpc::WithRawCallbackMethod_ListAnchorRounds<
        Grpc::WithRawCallbackMethod_GetAnchorRound<Grpc::WithRawCallbackMethod_ListAnchorEvents<
            Grpc::WithRawCallbackMethod_GetEvidence<Grpc::Service>>>>>;

class AnchorService final : public RawService {
 public:
  AnchorService(const Context& context, anchor::Anchorer* anchorer)
      : context_(context), anchorer_(anchorer) {}

  grpc::ServerUnaryReactor* GetProofState(grpc::CallbackServerContext* call, const Bytes* request,
                                          Bytes* response) override {
    return Read<v1::GetProofStateRequest>(Call::kGetProofState, call, *request, response,
                                          server::GetProofState);
  }
  grpc::ServerUnaryReactor* ListAnchorRounds(grpc::CallbackServerContext* call,
                                             const Bytes* request, Bytes* response) override {
    return Read<v1::ListAnchorRoundsRequest>(Call::kListAnchorRounds, call, *request, response,
                                             server::ListAnchorRounds);
  }
  grpc::ServerUnaryReactor* GetAnchorRound(grpc::CallbackServerContext* call, const Bytes* request,
                                           Bytes* response) override {
    return Read<v1::GetAnchorRoundRequest>(Call::kGetAnchorRound, call, *request, response,
                                           server::GetAnchorRound);
  }
  grpc::ServerUnaryReactor* ListAnchorEvents(grpc::CallbackServerContext* call,
                                             const Bytes* request, Bytes* response) override {
    return Read<v1::ListAnchorEventsRequest>(Call::kListAnchorEvents, call, *request, response,
                                             server::ListAnchorEvents);
  }
  grpc::ServerUnaryReactor* GetEvidence(grpc::CallbackServerContext* call, const Bytes* request,
                                        Bytes* response) override {
    return Read<v1::GetEvidenceRequest>(Call::kGetEvidence, call, *request, response,
                                        server::GetEvidence);
  }

 private:
  struct Reading {
    Call call;
    grpc::ServerUnaryReactor* reactor;
    Metrics::Clock::time_point begun = Metrics::Clock::now();
  };

  void Finish(const Reading& reading, const absl::Status& status) {
    context_.metrics.Answered(reading.call, status.code(), reading.begun);
    reading.reactor->Finish(ToGrpc(status));
  }

  template <typename Request, typename Function>
  grpc::ServerUnaryReactor* Read(Call name, grpc::CallbackServerContext* call, const Bytes& bytes,
                                 Bytes* response, Function read) {
    const Reading reading{name, call->DefaultReactor()};
    if (anchorer_ == nullptr) {
      Finish(reading, absl::UnimplementedError(
                          "this log has no anchors: its configuration has no `anchoring`"));
      return reading.reactor;
    }
    // The bytes live until the call is finished.
    const absl::Status taken = context_.workers.Offer([this, reading, &bytes, response, read] {
      const absl::StatusOr<Request> request = ParseMessage<Request>(bytes);
      if (!request.ok()) return Finish(reading, request.status());
      const auto out = read(AnchorsContext{context_.log, *anchorer_}, *request);
      if (out.ok()) *response = SerializeMessage(*out);
      Finish(reading, context_.alarm.Note(out.status()));
    });
    if (!taken.ok()) Finish(reading, WithDefaultRetry(taken));
    return reading.reactor;
  }

  const Context& context_;
  anchor::Anchorer* const anchorer_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAnchorService(const Context& context,
                                                 anchor::Anchorer* anchorer) {
  return std::make_unique<AnchorService>(context, anchorer);
}

}  // namespace cairn::server
