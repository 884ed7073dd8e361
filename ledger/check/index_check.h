// The index against the entries: by sums first, row by row only where these differ.
//
// Cost: the comparison of sums is free once both were made. A search reads all entries once more
// and
//   holds at most some 4 M rows, 100 MiB.

#ifndef CAIRN_LEDGER_CHECK_INDEX_CHECK_H_
#define CAIRN_LEDGER_CHECK_INDEX_CHECK_H_

#include <cstdint>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "ledger/check/chunk.h"
#include "ledger/check/findings.h"
#include "ledger/check/index_digest.h"
#include "ledger/check/source.h"
#include "merkle/types.h"

namespace cairn::ledger {

class IndexCheck {
 public:
  // Requires plan.watermark. Borrows the plan.
  IndexCheck(const ChunkPlan& plan, uint32_t threads);

  // What the entries call for, to be filled by CheckChunk on this thread.
  IndexDigest& Expected(uint32_t thread) { return expected_[thread]; }

  // Reads a part of the index, on this thread.
  absl::Status ReadPart(uint32_t thread, uint32_t part);

  // After all parts were read and all chunks were whole.
  absl::Status Compare();

  uint64_t rows() const { return rows_; }

 private:
  void TakeBeyond(const IndexRow& row);
  // That each row from the watermark on, where none need be, belongs to its entry.
  absl::Status CheckBeyond();
  // Rows in these buckets below the watermark: those that entries call for, those that are stored.
  absl::Status Search(const std::vector<bool>& buckets);

  const ChunkPlan& plan_;
  const uint32_t threads_;
  std::vector<IndexDigest> expected_;
  std::vector<IndexDigest> stored_;
  std::mutex mutex_;
  std::vector<IndexRow> beyond_;  // Guarded by mutex_ while parts are read.
  uint64_t rows_ = 0;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_CHECK_INDEX_CHECK_H_
