// Tasks by number, on several threads.

#ifndef CAIRN_LEDGER_CHECK_PARALLEL_H_
#define CAIRN_LEDGER_CHECK_PARALLEL_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"

namespace cairn::ledger {

// Calls `run(thread, task)` for each task below `tasks`, rising, on `threads` threads (at least
// one). The first error ends it: no task is begun after it, and it is answered.
absl::Status RunTasks(uint32_t threads, uint64_t tasks,
                      const std::function<absl::Status(uint32_t thread, uint64_t task)>& run);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_CHECK_PARALLEL_H_
