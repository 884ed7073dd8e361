#include "ledger/server/anchor_service.h"

#include <optional>

#include "ledger/server/anchor_calls.h"
#include "ledger/server/anchor_watch.h"
#include "ledger/server/status.h"
#include "ledger/server/unary.h"
#include "proto/anchors_service.grpc.pb.h"

namespace cairn::server {
namespace {

using Grpc = v1::Anchors;
using Bytes = grpc::ByteBuffer;

// Every method takes bytes: see ParseMessage.
using RawService = Grpc::WithRawCallbackMethod_GetProofState<
    Grpc::WithRawCallbackMethod_ListAnchorRounds<Grpc::WithRawCallbackMethod_GetAnchorRound<
        Grpc::WithRawCallbackMethod_WatchAnchors<Grpc::WithRawCallbackMethod_WatchProofState<
            Grpc::WithRawCallbackMethod_GetEvidence<Grpc::Service>>>>>>;

absl::Status NoAnchors() {
  return absl::UnimplementedError("this log has no anchors: its configuration has no `anchoring`");
}

// Ends at once.
class Refusal final : public grpc::ServerWriteReactor<Bytes> {
 public:
  explicit Refusal(const absl::Status& why) { Finish(ToGrpc(why)); }
  void OnDone() override { delete this; }
};

class AnchorService final : public RawService {
 public:
  AnchorService(const Context& context, anchor::Anchorer* anchorer) : context_(context) {
    if (anchorer == nullptr) return;
    anchors_.emplace(AnchorsContext{context.log, *anchorer});
    watchers_.emplace(context, *anchors_);
  }

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
  grpc::ServerUnaryReactor* GetEvidence(grpc::CallbackServerContext* call, const Bytes* request,
                                        Bytes* response) override {
    return Read<v1::GetEvidenceRequest>(Call::kGetEvidence, call, *request, response,
                                        server::GetEvidence);
  }
  grpc::ServerWriteReactor<Bytes>* WatchAnchors(grpc::CallbackServerContext*,
                                                const Bytes* request) override {
    if (!watchers_.has_value()) return new Refusal(NoAnchors());
    return watchers_->WatchAnchors(*request);
  }
  grpc::ServerWriteReactor<Bytes>* WatchProofState(grpc::CallbackServerContext*,
                                                   const Bytes* request) override {
    if (!watchers_.has_value()) return new Refusal(NoAnchors());
    return watchers_->WatchProofState(*request);
  }

 private:
  template <typename Request, typename Function>
  grpc::ServerUnaryReactor* Read(Call name, grpc::CallbackServerContext* call, const Bytes& bytes,
                                 Bytes* response, Function read) {
    const Unary unary{name, call->DefaultReactor(), bytes, response};
    if (!anchors_.has_value()) {
      FinishUnary(context_, unary, NoAnchors());
    } else {
      OfferUnary<Request>(context_, unary, [this, read](const Request& request) {
        return read(*anchors_, request);
      });
    }
    return unary.reactor;
  }

  const Context& context_;
  // Neither where there are no anchors.
  std::optional<AnchorsContext> anchors_;
  std::optional<AnchorWatchers> watchers_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAnchorService(const Context& context,
                                                 anchor::Anchorer* anchorer) {
  return std::make_unique<AnchorService>(context, anchorer);
}

}  // namespace cairn::server
