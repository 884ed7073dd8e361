// Whether newer evidence of an entry may take the place of what there is: it proves more, and
// nothing that the older shows is lost with it.
//
// Threads: pure.

#ifndef CAIRN_TOOLS_CAIRN_IMPROVEMENT_H_
#define CAIRN_TOOLS_CAIRN_IMPROVEMENT_H_

#include "absl/status/statusor.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/verify.h"
#include "tools/cairn/trust.h"

namespace cairn::cli {

// `old` with what `fresh` has more, or `fresh` itself where its checkpoint is another one. Kind and
// openings are those of `old`.
//
// What has to hold, all under `trust`:
// - `fresh` is about the same bytes at the same index, all that is required of it is proven, and no
//   layer is false;
// - each layer that is proven in `old` is proven in what is returned;
// - no receipt is worth less, and one that cannot be proven here is only replaced by a better one:
//   its bytes are not traded for others of which nothing more is known;
// - the time that anchors prove is no later. That of cosignatures alone may be: an anchored
//   checkpoint is always a later one;
// - some receipt is new, or worth more; or the witnesses' quorum is met now.
//
// Errors: kInvalidArgument where `fresh` is false, kFailedPrecondition where `old` does not verify
//   so far as it goes, kAlreadyExists where there is nothing more to have, kAborted where something
//   would be lost. The message says what.
absl::StatusOr<evidence::Evidence> Improve(const evidence::Evidence& old,
                                           const evidence::Evidence& fresh, const Trust& trust);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_IMPROVEMENT_H_
