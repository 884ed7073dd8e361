// What a monitor keeps of a log: every statement under the name of its certifier, as encoded, so
// that each run holds all of them against what the owner knows by then; and which names look like
// that one.
//
// Shape of what is kept, one record after the other, integers big-endian:
//   leaf index u64 || length u16 || entry
// Errors: as the store; kInternal for records that are damaged.
// Threads: one at a time.

#ifndef CAIRN_WITNESS_WATCHED_H_
#define CAIRN_WITNESS_WATCHED_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "merkle/types.h"
#include "witness/audit_store.h"

namespace cairn::witness {

// Adds statements, with their indexes, behind the first `bytes` bytes; moves `bytes` on.
absl::Status KeepWatched(AuditStore& store,
                         const std::vector<std::pair<LeafIndex, std::string>>& statements,
                         uint64_t& bytes);

// Hands out all that the first `bytes` bytes hold, in order.
absl::Status ForEachWatched(AuditStore& store, uint64_t bytes,
                            const std::function<void(LeafIndex, absl::string_view)>& take);

// Whether two different names are the same but for case and `. _ - :`.
bool LookAlike(absl::string_view a, absl::string_view b);

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_WATCHED_H_
