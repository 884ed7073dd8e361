// Whether what a log answered is true: done after the run, so that it takes nothing from it.
//
// Errors: kInvalidArgument says what is false; other codes: the log could not be asked.

#ifndef CAIRN_TOOLS_LOAD_CHECKS_H_
#define CAIRN_TOOLS_LOAD_CHECKS_H_

#include <vector>

#include "absl/status/status.h"
#include "tools/load/worker.h"

namespace cairn::load {

// The entry is what was sent, it is in the tree of the checkpoint, and that is the log's. Without a
// proof only the checkpoint, which must reach beyond the entry.
absl::Status CheckAnswer(const Common& common, const KeptAnswer& answer);

// Asks for it by its hash: the log finds it, and nothing else, at the index that it acknowledged.
absl::Status FindAgain(const Common& common, const Acknowledged& acknowledged);

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_CHECKS_H_
