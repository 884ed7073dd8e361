// The upper part of a log: what the chunks lead to, and what is stored beside and beyond them.
//
// Cost: a hash for every 65,536 entries.
// Threads: one.

#ifndef CAIRN_LEDGER_CHECK_TREE_CHECK_H_
#define CAIRN_LEDGER_CHECK_TREE_CHECK_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ledger/check/chunk.h"
#include "ledger/check/findings.h"
#include "ledger/check/source.h"
#include "merkle/hash.h"
#include "merkle/types.h"

namespace cairn::ledger {

// The root that the entries lead to. Requires that the chunks reach to `size`, are whole, and that
// `size` was among the stops.
absl::StatusOr<Hash> RootOfEntries(TreeSize size, absl::Span<const CheckedChunk> chunks);

// The tiles above the chunks'. Requires that all chunks are whole.
absl::Status CheckUpperTiles(CheckSource& source, TreeSize size,
                             absl::Span<const CheckedChunk> chunks, Findings& findings);

// That no runs and no tiles are stored beyond a tree of this size.
absl::Status CheckNothingBeyond(CheckSource& source, TreeSize size, Findings& findings);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_CHECK_TREE_CHECK_H_
