// A check of an anchors' database that nobody writes, row by row. Changes nothing.
//
// Errors: as RocksDbStore::Open; kDataLoss, besides, for rows that contradict each other: a round
//   without its note, a note that is not what was anchored, numbers or sizes that do not rise.
// Cost: every row is read once; memory for one.

#ifndef CAIRN_ANCHOR_ROCKSDB_CHECK_H_
#define CAIRN_ANCHOR_ROCKSDB_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "anchor/round.h"

namespace cairn::anchor {

struct CheckedStore {
  uint64_t rounds = 0;
  uint64_t receipts = 0;
  uint64_t events = 0;
  std::optional<RoundHead> newest = std::nullopt;
};

// Whether there is one in a directory.
bool HasStore(const std::string& path);

// `log` is the origin of the log whose checkpoints were anchored.
absl::StatusOr<CheckedStore> CheckStore(const std::string& path, const std::string& log);

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_ROCKSDB_CHECK_H_
