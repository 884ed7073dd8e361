#include "tools/load/lane.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace cairn::load {

Lane::Lane(const Common& common, v1::Log::Stub& stub, Batches& batches,
           grpc::CompletionQueue& queue)
    : common_(common), batches_(batches) {
  for (int i = 0; i < 5; ++i) tags_[i] = {this, static_cast<Step>(i)};
  Prepare(context_, common.options);
  stream_ = stub.AsyncAppendStream(&context_, &queue, &tags_[0]);
}

bool Lane::Send(Pace& pace, Clock::time_point now) {
  Batch batch;
  if (!spare_.empty()) {
    batch = std::move(spare_.back());
    spare_.pop_back();
  }
  const v1::AppendStreamRequest* const request = batches_.Fill(next_id_, batch);
  if (request == nullptr) return false;
  batch.id = next_id_++;
  batch.meant = pace.Take(now);
  unanswered_.push_back(std::move(batch));
  writing_ = true;
  stream_->Write(*request, &tags_[static_cast<int>(Step::kWritten)]);
  return true;
}

void Lane::Close() {
  if (!open_ || writing_) return;
  open_ = false;
  closing_ = true;
  closed_ = true;
  stream_->WritesDone(&tags_[static_cast<int>(Step::kClosed)]);
}

void Lane::On(Step step, bool ok, Clock::time_point now) {
  switch (step) {
    case Step::kStarted:
      open_ = ok;
      // Also of a stream that failed: its reading fails, and that ends it.
      reading_ = true;
      stream_->Read(&response_, &tags_[static_cast<int>(Step::kRead)]);
      break;
    case Step::kWritten:
      writing_ = false;
      if (!ok) open_ = false;
      break;
    case Step::kClosed:
      closing_ = false;
      break;
    case Step::kRead:
      reading_ = false;
      OnRead(ok, now);
      break;
    case Step::kFinished:
      finished_ = true;
      if (!status_.ok()) common_.state.CountError(now, status_);
      if (status_.ok() && !unanswered_.empty()) {
        common_.state.CountFalse(now, absl::StrCat("a stream ended well with ", unanswered_.size(),
                                                   " batches that were not answered"));
      } else if (status_.ok() && !closed_) {
        common_.state.CountError(now, {grpc::StatusCode::UNAVAILABLE, "the log ended a stream"});
      }
      break;
  }
  // One last call, when nothing else of the stream is under way.
  if (!reading_ && !writing_ && !closing_ && !finishing_ && step != Step::kFinished) {
    finishing_ = true;
    open_ = false;
    stream_->Finish(&status_, &tags_[static_cast<int>(Step::kFinished)]);
  }
}

void Lane::OnRead(bool ok, Clock::time_point now) {
  if (!ok) {
    open_ = false;
    return;
  }
  if (unanswered_.empty()) {
    common_.state.CountFalse(now, "a stream answered a batch that was not sent");
    context_.TryCancel();
  } else {
    batches_.Judge(unanswered_.front(), response_, now);
    spare_.push_back(std::move(unanswered_.front()));
    unanswered_.pop_front();
  }
  reading_ = true;
  stream_->Read(&response_, &tags_[static_cast<int>(Step::kRead)]);
}

}  // namespace cairn::load
