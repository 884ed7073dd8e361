// Entries of the log to ask proofs of: picked at random over the whole tree.
//
// Cost: one Prove by index each, as many at once as the run has calls in flight.

#ifndef CAIRN_TOOLS_LOAD_KNOWN_H_
#define CAIRN_TOOLS_LOAD_KNOWN_H_

#include <vector>

#include "absl/status/statusor.h"
#include "tools/load/options.h"
#include "tools/load/worker.h"

namespace cairn::load {

// options.hashes of them, less those that are no statements. kFailedPrecondition when there are
// none at all; else the log's error.
absl::StatusOr<std::vector<KnownEntry>> CollectKnown(const Options& options);

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_KNOWN_H_
