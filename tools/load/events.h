// Waiting for a completion queue or for the time of the next request, whichever comes first.

#ifndef CAIRN_TOOLS_LOAD_EVENTS_H_
#define CAIRN_TOOLS_LOAD_EVENTS_H_

#include <optional>

#include "grpcpp/completion_queue.h"
#include "tools/load/pace.h"

namespace cairn::load {

struct Event {
  void* tag;
  bool ok;
};

// Nothing when `until` has come, or a twentieth of a second has passed.
std::optional<Event> AwaitEvent(grpc::CompletionQueue& queue, Clock::time_point until);

// Ends a queue and takes what is left in it. Requires that nothing more will be put into it.
void Drain(grpc::CompletionQueue& queue);

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_EVENTS_H_
