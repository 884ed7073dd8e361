// Keeps a number of unary calls of one method in flight, over several connections in turn.
//
// Requests and responses are used again, so that their memory is.
// Threads: one.

#ifndef CAIRN_TOOLS_LOAD_CALLS_H_
#define CAIRN_TOOLS_LOAD_CALLS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/support/async_unary_call.h"
#include "proto/log_service.grpc.pb.h"
#include "tools/load/events.h"
#include "tools/load/worker.h"

namespace cairn::load {

template <typename Request, typename Response>
class Calls {
 public:
  using Reader = grpc::ClientAsyncResponseReader<Response>;
  using Method = std::unique_ptr<Reader> (v1::Log::Stub::*)(grpc::ClientContext*, const Request&,
                                                            grpc::CompletionQueue*);
  struct Call {
    Request request;
    Response response;
    grpc::Status status;
    Clock::time_point meant;
    // The caller's own: what was asked for, and the index it has, if that is known.
    uint64_t number = 0;
    std::optional<uint64_t> index;

    v1::Log::Stub* stub = nullptr;
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<Reader> reader;
  };

  // On the connections of worker `worker`.
  Calls(const Common& common, uint32_t worker, uint32_t in_flight, Method method)
      : common_(common), method_(method) {
    const auto& channels = common.options.channels;
    for (size_t i = worker; i < channels.size(); i += common.options.threads) {
      stubs_.push_back(v1::Log::NewStub(channels[i]));
    }
    for (uint32_t i = 0; i < in_flight; ++i) {
      Call& call = *calls_.emplace_back(std::make_unique<Call>());
      call.stub = stubs_[i % stubs_.size()].get();
      free_.push_back(&call);
    }
  }

  // Until the run has ended, or `prepare` has nothing to ask for, and every call is answered.
  void Run(Pace& pace, const std::function<bool(Call&)>& prepare,
           const std::function<void(Call&, Clock::time_point)>& answered) {
    while (true) {
      const Clock::time_point now = Clock::now();
      bool more = common_.state.MaySend(pace, now);
      while (more && !free_.empty() && pace.due() <= now) {
        more = prepare(*free_.back());
        if (more) Start(*free_.back(), pace.Take(now));
      }
      if (!more && free_.size() == calls_.size()) break;
      if (common_.state.given_up()) CancelAll();
      const bool may_send = more && !free_.empty();
      const auto event = AwaitEvent(queue_, may_send ? pace.due() : Clock::time_point::max());
      if (!event) continue;
      Call& call = *static_cast<Call*>(event->tag);
      answered(call, Clock::now());
      call.context.reset();
      free_.push_back(&call);
    }
    Drain(queue_);
  }

 private:
  void Start(Call& call, Clock::time_point meant) {
    free_.pop_back();
    call.meant = meant;
    Prepare(call.context.emplace(), common_.options);
    call.reader = (call.stub->*method_)(&*call.context, call.request, &queue_);
    call.reader->Finish(&call.response, &call.status, &call);
  }

  void CancelAll() {
    for (const auto& call : calls_) {
      if (call->context) call->context->TryCancel();
    }
  }

  const Common& common_;
  const Method method_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<v1::Log::Stub>> stubs_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<Call*> free_;
};

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_CALLS_H_
