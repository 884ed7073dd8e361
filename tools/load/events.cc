#include "tools/load/events.h"

#include <algorithm>
#include <thread>

#include "grpc/support/time.h"

namespace cairn::load {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

std::optional<Event> Poll(grpc::CompletionQueue& queue, Clock::duration wait) {
  Event event;
  const int64_t nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count();
  const gpr_timespec deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(nanos, GPR_TIMESPAN));
  const auto what = queue.AsyncNext(&event.tag, &event.ok, deadline);
  if (what != grpc::CompletionQueue::GOT_EVENT) return std::nullopt;
  return event;
}

}  // namespace

std::optional<Event> AwaitEvent(grpc::CompletionQueue& queue, Clock::time_point until) {
  const Clock::time_point now = Clock::now();
  const Clock::duration wait = std::clamp<Clock::duration>(until - now, {}, milliseconds(50));
  // gRPC waits in whole milliseconds; requests that are due earlier would all be late.
  constexpr milliseconds kCoarse(2);
  if (wait >= kCoarse) return Poll(queue, wait - milliseconds(1));
  std::optional<Event> event = Poll(queue, {});
  if (event || wait <= Clock::duration::zero()) return event;
  std::this_thread::sleep_for(std::min<Clock::duration>(wait, microseconds(100)));
  return Poll(queue, {});
}

void Drain(grpc::CompletionQueue& queue) {
  queue.Shutdown();
  Event event;
  while (queue.Next(&event.tag, &event.ok)) {
  }
}

}  // namespace cairn::load
