#include "ledger/server/append_stream.h"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "ledger/server/batch.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"

namespace cairn::server {
namespace {

// Everything under one lock: gRPC's reactions, the log's answers and draining come from different
// threads. No call into the log is made under it, since a refusal answers inline.
class Stream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                     public Drainable,
                     public std::enable_shared_from_this<Stream> {
 public:
  explicit Stream(const Context& context) : context_(context) {}

  void Begin(const grpc::CallbackServerContext& call) {
    self_ = shared_from_this();
    absl::StatusOr<Streams::Place> place = context_.streams.Enter();
    absl::StatusOr<Caller> caller = context_.callers.Identify(ReadCredentials(call));
    std::lock_guard lock(mutex_);
    if (place.ok()) {
      place_ = *std::move(place);
    } else {
      EndReading(place.status());
    }
    if (caller.ok()) {
      caller_ = *std::move(caller);
    } else {
      EndReading(caller.status());
    }
    Advance();
  }

  void OnReadDone(bool ok) override {
    absl::StatusOr<v1::AppendStreamRequest> request = v1::AppendStreamRequest();
    if (ok) request = ParseMessage<v1::AppendStreamRequest>(request_);
    auto slot = std::make_shared<Slot>();
    {
      std::lock_guard lock(mutex_);
      if (finished_) {
        // The stream ended while this was read: nobody would learn what became of it.
        reading_ = false;
        return;
      }
      if (!ok || !request.ok()) {
        reading_ = false;
        EndReading(request.status());
        return Advance();
      }
      slots_.push_back(slot);
    }
    Submit(*std::move(request), slot);
    // Only now may the next be read: batches reach the log in the order of the stream.
    std::lock_guard lock(mutex_);
    reading_ = false;
    Advance();
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    unwritten_bytes_ -= slots_.front()->bytes;
    slots_.pop_front();
    if (!ok) broken_ = true;
    Advance();
  }

  void OnCancel() override {
    {
      std::lock_guard lock(mutex_);
      broken_ = true;
      Advance();
    }
    WithdrawAll();
  }

  void OnDrain() override {
    std::lock_guard lock(mutex_);
    EndReading(WithDefaultRetry(
        absl::UnavailableError("the server is stopping; send what was not answered again")));
    Advance();
  }

  void OnDone() override { const auto last = std::move(self_); }

 private:
  // One batch, from reading until its answer is written.
  struct Slot {
    std::optional<grpc::ByteBuffer> answer;
    size_t bytes = 0;  // Of the answer.
    ledger::Ticket ticket = ledger::Ticket::kNone;
  };

  void Submit(v1::AppendStreamRequest request, const std::shared_ptr<Slot>& slot) {
    auto batch = std::make_shared<Batch>(context_, caller_, std::move(request));
    std::vector<ledger::Submission> submissions = batch->TakeSubmissions();
    // The log's answer may come after the call is over: it then finds a stream that is finished.
    auto done = [self = shared_from_this(), batch, slot](ledger::AppendResult result) {
      const bool reads_disk = batch->AnswerReadsDisk(result);
      auto answer = [self, batch, slot, result = std::move(result)] {
        self->Fulfil(*slot, SerializeMessage(batch->Answer(self->context_, result)));
      };
      if (!reads_disk) return answer();
      self->context_.workers.Run(std::move(answer));
    };
    if (submissions.empty()) {
      done({.status = absl::OkStatus(), .items = {}, .view = context_.log.Newest()});
    } else {
      const ledger::Ticket ticket = context_.log.Append(std::move(submissions), std::move(done));
      std::unique_lock lock(mutex_);
      slot->ticket = ticket;
      if (!broken_) return;
      // The client went meanwhile.
      lock.unlock();
      context_.log.Withdraw(ticket);
    }
  }

  // Nobody would be told what became of the batches that still wait to be sequenced. They are
  // withdrawn from the last to the first, so that what is appended is what the client sent first.
  void WithdrawAll() {
    std::vector<ledger::Ticket> tickets;
    {
      std::lock_guard lock(mutex_);
      for (const auto& slot : slots_) tickets.push_back(slot->ticket);
    }
    for (auto ticket = tickets.rbegin(); ticket != tickets.rend(); ++ticket) {
      context_.log.Withdraw(*ticket);
    }
  }

  void Fulfil(Slot& slot, const grpc::ByteBuffer& answer) {
    std::lock_guard lock(mutex_);
    slot.answer = answer;  // Shares the bytes.
    slot.bytes = answer.Length();
    unwritten_bytes_ += slot.bytes;
    Advance();
  }

  // The first reason stays.
  void EndReading(absl::Status why) {
    if (ended_) return;
    ended_ = true;
    end_status_ = std::move(why);
  }

  // Starts whatever can be started. Requires mutex_.
  void Advance() {
    if (finished_) return;
    if (broken_ || (ended_ && slots_.empty())) {
      finished_ = true;
      Finish(broken_ ? grpc::Status::CANCELLED : ToGrpc(end_status_));
      return;
    }
    if (!writing_ && !slots_.empty() && slots_.front()->answer.has_value()) {
      writing_ = true;
      StartWrite(&*slots_.front()->answer);
    }
    if (!reading_ && !ended_ && slots_.size() < kMaxUnanswered &&
        unwritten_bytes_ <= kMaxUnwrittenBytes) {
      reading_ = true;
      request_.Clear();
      StartRead(&request_);
    }
  }

  const Context& context_;
  // Set before the first read.
  Streams::Place place_;
  Caller caller_;
  std::shared_ptr<Stream> self_;  // Until OnDone.

  std::mutex mutex_;
  grpc::ByteBuffer request_;
  std::deque<std::shared_ptr<Slot>> slots_;
  size_t unwritten_bytes_ = 0;  // Of answers in slots_.
  bool reading_ = false;        // Or what was read is not with the log yet.
  bool writing_ = false;        // The front slot's answer.
  bool ended_ = false;          // No more is read.
  absl::Status end_status_;
  bool broken_ = false;  // The client is gone.
  bool finished_ = false;
};

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* HandleAppendStream(
    const Context& context, grpc::CallbackServerContext* call) {
  const auto stream = std::make_shared<Stream>(context);
  stream->Begin(*call);
  context.streams.Add(stream);
  return stream.get();
}

}  // namespace cairn::server
