// A moment of a log, for whoever watches over it.

#ifndef CAIRN_LEDGER_LOG_STATS_H_
#define CAIRN_LEDGER_LOG_STATS_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

namespace cairn::ledger {

// Counts are of entries, since the log was opened.
struct LogStats {
  // Taken and not sequenced yet; LogOptions has the most.
  size_t queued_entries = 0;
  size_t queued_bytes = 0;
  // Refused: the queue was full; too little of the disk was free; the wall clock had run ahead.
  uint64_t refused_by_queue = 0;
  uint64_t refused_by_disk = 0;
  uint64_t refused_by_clock = 0;
  // Withdrawn before they were sequenced.
  uint64_t withdrawn = 0;
  // Rows of the index that are in memory.
  size_t recent_rows = 0;
  // OK, or the failure or damage for which nothing is signed any more.
  absl::Status halted;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_LOG_STATS_H_
