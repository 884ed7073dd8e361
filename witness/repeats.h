// Finds numbers that stand more than once in a long list, of which only the end is new.
//
// Cost: a pass over the list for each eight million new numbers, and one more if any repeats; 80
// MiB of memory.

#ifndef CAIRN_WITNESS_REPEATS_H_
#define CAIRN_WITNESS_REPEATS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/types.h"
#include "witness/audit_store.h"

namespace cairn::witness {

// The indexes of all that have one number, rising.
using Repeated = std::vector<LeafIndex>;

// Every number in [from, end) that also stands at a smaller index, with all indexes below `end`
// where it stands; 0 does not count. Stops after `max` of them.
absl::StatusOr<std::vector<Repeated>> FindRepeats(AuditStore& store, LeafIndex from, LeafIndex end,
                                                  size_t max);

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_REPEATS_H_
