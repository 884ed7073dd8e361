// Makes commits of a growing tree, as a sequencer would.

#ifndef CAIRN_LEDGER_ROCKSDB_TESTING_TREE_WRITER_H_
#define CAIRN_LEDGER_ROCKSDB_TESTING_TREE_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/store.h"
#include "merkle/edge.h"
#include "merkle/types.h"

namespace cairn::ledger::testing {

// `bytes` that depend on nothing but the index (and differ for each). At least 8 bytes.
std::string EntryAt(LeafIndex index, size_t bytes = 40);

class TreeWriter {
 public:
  const merkle::Edge& edge() const { return edge_; }
  TreeState state() const { return {edge_.size(), edge_.root(), time_}; }

  // The commit of these entries after all earlier ones.
  Commit Next(std::vector<std::string> entries);
  // The commit of the next `count` entries made by EntryAt.
  Commit NextOf(size_t count, size_t bytes = 40);

 private:
  merkle::Edge edge_;
  uint64_t time_ = 1'800'000'000'000;
};

}  // namespace cairn::ledger::testing

#endif  // CAIRN_LEDGER_ROCKSDB_TESTING_TREE_WRITER_H_
