#include "ledger/rocksdb/index_merge.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "ledger/rocksdb/codec.h"

namespace cairn::ledger {
namespace {

class IndexMerge final : public rocksdb::AssociativeMergeOperator {
 public:
  bool Merge(const rocksdb::Slice&, const rocksdb::Slice* existing, const rocksdb::Slice& value,
             std::string* out, rocksdb::Logger*) const override {
    // A tag's first row, which nearly all are: compaction passes every row through here.
    if (existing == nullptr) {
      out->assign(value.data(), value.size());
      return true;
    }
    const auto added = codec::ParseIndexes({value.data(), value.size()});
    const auto before = codec::ParseIndexes({existing->data(), existing->size()});
    // RocksDB reports this as corruption.
    if (!added.ok() || !before.ok()) return false;
    std::vector<LeafIndex> joined;
    std::set_union(before->begin(), before->end(), added->begin(), added->end(),
                   std::back_inserter(joined));
    *out = codec::FormatIndexes(joined);
    return true;
  }
  // Persistent: RocksDB records it.
  const char* Name() const override { return "cairn.IndexMerge"; }
};

}  // namespace

std::shared_ptr<rocksdb::MergeOperator> MakeIndexMerge() { return std::make_shared<IndexMerge>(); }

}  // namespace cairn::ledger
