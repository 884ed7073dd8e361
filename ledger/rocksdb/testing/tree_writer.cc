#include "ledger/rocksdb/testing/tree_writer.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "merkle/hash.h"

namespace cairn::ledger::testing {

std::string EntryAt(LeafIndex index, size_t bytes) {
  assert(bytes >= 8);
  // Odd factors keep the first word of different indexes different.
  uint64_t word = index.value() * 0x9e3779b97f4a7c15 + 1;
  std::string entry(bytes, '\0');
  for (size_t at = 0; at < bytes; at += 8) {
    std::memcpy(entry.data() + at, &word, std::min<size_t>(8, bytes - at));
    word = (word ^ word >> 29) * 0xbf58476d1ce4e5b9;
  }
  return entry;
}

Commit TreeWriter::Next(std::vector<std::string> entries) {
  std::vector<Hash> leaves;
  leaves.reserve(entries.size());
  for (const std::string& entry : entries) leaves.push_back(merkle::HashLeaf(entry));
  Commit commit;
  commit.first = LeafIndex(edge_.size().value());
  commit.entries = std::move(entries);
  commit.tiles = edge_.Append(leaves).full_tiles();
  ++time_;
  commit.state = state();
  return commit;
}

Commit TreeWriter::NextOf(size_t count, size_t bytes) {
  std::vector<std::string> entries;
  entries.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    entries.push_back(EntryAt(LeafIndex(edge_.size().value() + i), bytes));
  }
  return Next(std::move(entries));
}

}  // namespace cairn::ledger::testing
