// What a witness keeps of each log. Declared here, in the witness's own words; witness/rocksdb
// implements it.
//
// Errors, of every call: kDataLoss when stored bytes contradict themselves, kUnavailable or
//   kInternal when the disk could not be read or written. After an error of Write it is unclear
//   what of it is durable.
// Threads: Write by one thread at a time; Read from any, beside it.

#ifndef CAIRN_WITNESS_STORE_H_
#define CAIRN_WITNESS_STORE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "merkle/hash.h"
#include "merkle/types.h"

namespace cairn::witness {

struct Tree {
  TreeSize size;
  Hash root;
  friend bool operator==(const Tree&, const Tree&) = default;
};

// The newest checkpoint that was accepted of a log.
struct KeptLog {
  Tree tree;
  // When it is (or was) cosigned.
  uint64_t cosigned_at_s = 0;
  // The note with the log's own signatures: text, blank line, lines.
  std::string note;
  friend bool operator==(const KeptLog&, const KeptLog&) = default;
};

class Store {
 public:
  virtual ~Store() = default;

  // Replaces what is kept under each SHA-256 of an origin: all or nothing, and durable (synced)
  // once it returns OK. Of one key the last counts.
  virtual absl::Status Write(absl::Span<const std::pair<Hash, KeptLog>> logs) = 0;
  virtual absl::StatusOr<std::optional<KeptLog>> Read(const Hash& origin_hash) = 0;
  // Calls `each` with all that is kept, in any order; stops at its first error.
  virtual absl::Status ReadAll(
      const std::function<absl::Status(const Hash& origin_hash, const KeptLog& log)>& each) = 0;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_STORE_H_
