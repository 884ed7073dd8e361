// Renewals for evidence, from the log: its entries about receipts, and what later checkpoints that
// cover these were given.
//
// Threads: one at a time.

#ifndef CAIRN_TOOLS_CAIRN_RENEWALS_H_
#define CAIRN_TOOLS_CAIRN_RENEWALS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "anchor/evidence/evidence.h"
#include "merkle/hash.h"
#include "merkle/types.h"
#include "tools/cairn/log_client.h"
#include "tools/cairn/trust.h"

namespace cairn::cli {

// Where the log has entries about receipts. Remembers what it has read, for many files of one log.
class ReceiptEntries {
 public:
  // Entries after the tree that a receipt is over, that are looked through for it: a log writes it
  // within minutes.
  static constexpr uint64_t kMaxSearched = uint64_t{1} << 20;

  // Borrows the client.
  explicit ReceiptEntries(LogClient& client) : client_(client) {}

  // nullopt: the log has none so far. Errors: as LogClient; kInvalidArgument for an answer that is
  // not to the question.
  absl::StatusOr<std::optional<LeafIndex>> Find(const Hash& receipt, TreeSize tree_size);

 private:
  absl::Status ReadChunk(uint64_t chunk);

  LogClient& client_;
  std::optional<uint64_t> log_size_;
  std::set<uint64_t> read_;  // Chunks.
  std::map<Hash, LeafIndex> found_;
};

// Adds what the log has that covers the receipts of `receipts` which no renewal of the evidence
// covers yet: how many items were added. Those that are false under `trust` are left out, and those
// without a receipt. Receipts of renewals are not renewed again.
// Errors: as ReceiptEntries.
absl::StatusOr<size_t> AddRenewals(LogClient& client, ReceiptEntries& entries, const Trust& trust,
                                   evidence::Evidence& evidence);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_RENEWALS_H_
