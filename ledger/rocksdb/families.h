// How RocksDB is set up for a log: the database's options and those of its column families.
// docs/decisions/0001-storage.md says why, with measurements.

#ifndef CAIRN_LEDGER_ROCKSDB_FAMILIES_H_
#define CAIRN_LEDGER_ROCKSDB_FAMILIES_H_

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cairn::ledger {

// Positions in Families(). `state` is the family that RocksDB itself insists on.
enum Family : size_t { kState = 0, kRuns = 1, kTiles = 2, kIndex = 3 };

// Bounds what is replayed after a crash, and written to tables then.
inline constexpr uint64_t kMaxWalBytes = uint64_t{96} << 20;

// `env` outlives the database.
rocksdb::DBOptions DatabaseOptions(rocksdb::Env* env);

// In the order of Family. All share one block cache of this size, which also holds filters and
// index blocks.
std::vector<rocksdb::ColumnFamilyDescriptor> Families(size_t block_cache_bytes);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ROCKSDB_FAMILIES_H_
