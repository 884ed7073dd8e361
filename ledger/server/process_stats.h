// What the kernel says of this process.

#ifndef CAIRN_LEDGER_SERVER_PROCESS_STATS_H_
#define CAIRN_LEDGER_SERVER_PROCESS_STATS_H_

#include <cstdint>

namespace cairn::server {

// 0 for what /proc does not tell.
struct ProcessStats {
  double cpu_seconds = 0;
  double start_unix_seconds = 0;
  uint64_t virtual_bytes = 0;
  uint64_t resident_bytes = 0;
  uint64_t anonymous_bytes = 0;  // Of the resident ones: not backed by files.
  uint64_t open_files = 0;
  uint64_t max_open_files = 0;
  uint64_t threads = 0;
};

ProcessStats ReadProcessStats();

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_PROCESS_STATS_H_
