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

// `old` with what `fresh` has more, or `fresh` itself where its checkpoint is another one. Kind,
// openings and what only version 2 has are those of `old`. What is returned is of version 2.
//
// What has to hold, all under `trust`:
// - `fresh` is about the same bytes at the same index, all that is required of it is proven, and no
//   layer is false;
// - each layer that is proven in `old` is proven in what is returned;
// - of each anchor in `old` its receipt stays, or
//     an OpenTimestamps file gives way to one that contains it: over one checkpoint the two trees
//     are merged, so that each attestation of either is there, the pending ones too; a receipt of
//     another kind gives way to one that is proven: a time stamp that is not proven to one that is,
//     and one that is to the same token with more revocation lists, or, over another checkpoint, to
//     one that is proven as well; one that a renewal covers gives way to nothing, since only these
//     bytes are covered;
// - a receipt of an anchor that `old` does not have is added unless it is false;
// - the time that anchors prove is no later. That of cosignatures alone may be: an anchored
//   checkpoint is always a later one;
// - some receipt is new, or says more; or the witnesses' quorum is met now.
//
// Errors: kInvalidArgument where `fresh` is false, kFailedPrecondition where `old` does not verify
//   so far as it goes, kAlreadyExists where there is nothing more to have, kAborted where something
//   would be lost. The message says what.
absl::StatusOr<evidence::Evidence> Improve(const evidence::Evidence& old,
                                           const evidence::Evidence& fresh, const Trust& trust);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_IMPROVEMENT_H_
