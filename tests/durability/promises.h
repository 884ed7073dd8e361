// What a log has told its callers, over all of its lives: the ground that every start is held to.
//
// Statements are those of MakeStatement, each known by its seed.
// Errors: kDataLoss for a promise that was broken; else those of the log.
// Threads: one.

#ifndef CAIRN_TESTS_DURABILITY_PROMISES_H_
#define CAIRN_TESTS_DURABILITY_PROMISES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "ledger/append_result.h"
#include "ledger/log.h"
#include "ledger/store.h"
#include "merkle/hash.h"

namespace cairn::ledger {

class Promises {
 public:
  // An answer that is OK, to a batch of the statements with these seeds.
  absl::Status Take(absl::Span<const uint64_t> seeds, const AppendResult& result);

  // A tree whose checkpoint left.
  absl::Status TakeSigned(const TreeState& state);

  // Reads the whole log: every acknowledged entry is there with its bytes, and every tree that was
  // signed is a beginning of this one. Takes its newest tree, which the start has signed.
  absl::Status Check(Log& log);

  // Entries that were acknowledged; duplicates among the answers.
  size_t acknowledged() const { return acknowledged_.size(); }
  size_t duplicates() const { return duplicates_; }
  // A statement that was acknowledged, if one was.
  std::optional<uint64_t> RandomSeed(std::mt19937_64& random) const;

 private:
  // By index; the bytes where an answer had them.
  std::map<uint64_t, std::string> acknowledged_;
  std::map<uint64_t, uint64_t> index_of_;  // By seed.
  std::map<uint64_t, uint64_t> seed_at_;   // By index.
  std::map<uint64_t, Hash> roots_;         // Of every tree that was signed, by size.
  size_t duplicates_ = 0;
};

}  // namespace cairn::ledger

#endif  // CAIRN_TESTS_DURABILITY_PROMISES_H_
