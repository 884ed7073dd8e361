// How RocksDB joins the rows of one tag: their leaf indexes become one rising list.
//
// Shape: a value of the index family is n x u48, rising, each once (codec.h). Joining is
//   idempotent, so that ingesting rows again after a crash adds nothing.

#ifndef CAIRN_LEDGER_ROCKSDB_INDEX_MERGE_H_
#define CAIRN_LEDGER_ROCKSDB_INDEX_MERGE_H_

#include <rocksdb/merge_operator.h>

#include <memory>

namespace cairn::ledger {

std::shared_ptr<rocksdb::MergeOperator> MakeIndexMerge();

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_ROCKSDB_INDEX_MERGE_H_
