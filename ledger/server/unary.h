// The unary calls that read: a request's bytes in, an answer's bytes or a status out.
//
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_UNARY_H_
#define CAIRN_LEDGER_SERVER_UNARY_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "ledger/server/context.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"

namespace cairn::server {

// A call with what is measured of it. The bytes live until it is finished.
struct Unary {
  Call call;
  grpc::ServerUnaryReactor* reactor;
  const grpc::ByteBuffer& request;
  grpc::ByteBuffer* response;
  Metrics::Clock::time_point begun = Metrics::Clock::now();
};

inline void FinishUnary(const Context& context, const Unary& unary, const absl::Status& status) {
  context.metrics.Answered(unary.call, status.code(), unary.begun);
  unary.reactor->Finish(ToGrpc(status));
}

// Here and now, with `read(request)`.
template <typename Request, typename Function>
void AnswerUnary(const Context& context, const Unary& unary, const Function& read) {
  const absl::StatusOr<Request> request = ParseMessage<Request>(unary.request);
  if (!request.ok()) return FinishUnary(context, unary, request.status());
  const auto out = read(*request);
  if (out.ok()) *unary.response = SerializeMessage(*out);
  FinishUnary(context, unary, context.alarm.Note(out.status()));
}

// On a worker.
template <typename Request, typename Function>
void OfferUnary(const Context& context, const Unary& unary, const Function& read) {
  const absl::Status taken = context.workers.Offer(
      [&context, unary, read] { AnswerUnary<Request>(context, unary, read); });
  if (!taken.ok()) FinishUnary(context, unary, WithDefaultRetry(taken));
}

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_UNARY_H_
