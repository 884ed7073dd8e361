// Whether a log states anything twice: of two statements on the same (certifier, hash, trace) the
// later one must name the earlier as what it supersedes, and no statement stands there twice.
//
// Errors: as the store and the tiles; kDataLoss for an entry that is not under the tree's root.
// Threads: one at a time.

#ifndef CAIRN_WITNESS_REPEAT_CHECK_H_
#define CAIRN_WITNESS_REPEAT_CHECK_H_

#include <vector>

#include "absl/status/status.h"
#include "merkle/types.h"
#include "witness/audit_store.h"
#include "witness/entry_check.h"
#include "witness/finding.h"
#include "witness/log_tiles.h"
#include "witness/store.h"

namespace cairn::witness {

// Statements from `from` on in `tree`, against all before them. The store has the
// fingerprints of all. Adds to `findings`.
absl::Status CheckRepeats(AuditStore& store, LogTiles& tiles, TreeSize from, const Tree& tree,
                          std::vector<Finding>& findings);

// Whether what successive entries supersede is there, as far as fingerprints tell: CheckRepeats
// sees to the rest.
absl::Status CheckSuperseding(AuditStore& store, const CheckedEntries& entries,
                              std::vector<Finding>& findings);

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_REPEAT_CHECK_H_
