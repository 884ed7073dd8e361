// Runs independent power-failure tests beside each other.

#ifndef CAIRN_LEDGER_ROCKSDB_TESTING_SIDE_BY_SIDE_H_
#define CAIRN_LEDGER_ROCKSDB_TESTING_SIDE_BY_SIDE_H_

#include <functional>
#include <string>
#include <vector>

namespace cairn::ledger::testing {

// Calls `run` with 0 to count - 1, from several threads, and returns what it answered that was not
// empty. Most of a power failure is a wait: RocksDB sleeps for a second after a background job that
// the disk refused.
std::vector<std::string> SideBySide(int count, const std::function<std::string(int)>& run);

}  // namespace cairn::ledger::testing

#endif  // CAIRN_LEDGER_ROCKSDB_TESTING_SIDE_BY_SIDE_H_
