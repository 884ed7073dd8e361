// What only tests may do to a store.

#ifndef CAIRN_LEDGER_ROCKSDB_TESTING_STORE_ACCESS_H_
#define CAIRN_LEDGER_ROCKSDB_TESTING_STORE_ACCESS_H_

#include <rocksdb/db.h>

#include "ledger/rocksdb/families.h"
#include "ledger/rocksdb/store.h"

namespace cairn::ledger {

class StoreAccess {
 public:
  // From here on commits are answered without being synced: to show that a test would notice.
  static void DisableSync(RocksDbStore& store) { store.sync_ = false; }

  static rocksdb::DB& Database(RocksDbStore& store) { return *store.db_; }
  static rocksdb::ColumnFamilyHandle* Handle(RocksDbStore& store, Family family) {
    return store.families_[family];
  }
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ROCKSDB_TESTING_STORE_ACCESS_H_
