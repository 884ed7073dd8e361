// One AppendStream: batches written one after the other, their answers read in order.
//
// Shape: at most options.in_flight batches are unanswered; at any time at most one is being
// written. Threads: the worker's.

#ifndef CAIRN_TOOLS_LOAD_LANE_H_
#define CAIRN_TOOLS_LOAD_LANE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/support/async_stream.h"
#include "proto/log_service.grpc.pb.h"
#include "tools/load/batch.h"
#include "tools/load/worker.h"

namespace cairn::load {

class Lane {
 public:
  // What has happened, as a tag of the queue.
  enum class Step { kStarted, kWritten, kRead, kClosed, kFinished };
  struct Tag {
    Lane* lane;
    Step step;
  };

  // Opens the stream. `batches` outlives this, as does the queue.
  Lane(const Common& common, v1::Log::Stub& stub, Batches& batches, grpc::CompletionQueue& queue);

  // A batch may be sent now.
  bool ready() const {
    return open_ && !writing_ && unanswered_.size() < common_.options.in_flight;
  }
  // False when there is nothing to send.
  bool Send(Pace& pace, Clock::time_point now);
  // No more is sent: ends the stream once all is answered.
  void Close();
  void Cancel() { context_.TryCancel(); }
  bool finished() const { return finished_; }
  bool idle() const { return unanswered_.empty() && !writing_; }

  void On(Step step, bool ok, Clock::time_point now);

 private:
  void OnRead(bool ok, Clock::time_point now);

  const Common& common_;
  Batches& batches_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::AppendStreamRequest, v1::AppendStreamResponse>>
      stream_;
  Tag tags_[5];
  v1::AppendStreamResponse response_;
  grpc::Status status_;
  std::deque<Batch> unanswered_;
  std::vector<Batch> spare_;
  uint64_t next_id_ = 0;
  bool open_ = false;  // Begun, and neither broken nor closed.
  bool writing_ = false;
  bool closing_ = false;
  bool closed_ = false;  // By us.
  bool reading_ = false;
  bool finishing_ = false;
  bool finished_ = false;
};

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_LANE_H_
