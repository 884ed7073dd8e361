// Ends a call that another thread waits for; each thread that makes calls has one of its own.
//
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_CANCELLATION_H_
#define CAIRN_TOOLS_CAIRN_CANCELLATION_H_

#include <grpcpp/client_context.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace cairn::cli {

class Cancellation {
 public:
  // The call that is under way, and all that would follow.
  void Cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (context_ != nullptr) context_->TryCancel();
    changed_.notify_all();
  }

  // Of who makes the calls: before one, and, with nullptr, before its context goes.
  void Watch(grpc::ClientContext* context) {
    const std::lock_guard lock(mutex_);
    context_ = context;
    if (cancelled_ && context_ != nullptr) context_->TryCancel();
  }
  bool cancelled() const {
    const std::lock_guard lock(mutex_);
    return cancelled_;
  }
  // Whether the time passed without it.
  bool Wait(std::chrono::nanoseconds time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [this] { return cancelled_; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  grpc::ClientContext* context_ = nullptr;
  bool cancelled_ = false;
};

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_CANCELLATION_H_
