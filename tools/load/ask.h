// Single calls before and after a run, each within the run's timeout.
//
// Errors: kInvalidArgument for an answer that is malformed or does not verify, and for nothing
//   else; otherwise the log's code, kInvalidArgument becoming kFailedPrecondition.

#ifndef CAIRN_TOOLS_LOAD_ASK_H_
#define CAIRN_TOOLS_LOAD_ASK_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/note/checkpoint.h"
#include "proto/log.pb.h"
#include "tools/load/options.h"

namespace cairn::load {

// With the signature where there is a key to check it with.
absl::StatusOr<note::Checkpoint> ReadCheckpoint(const Options& options, absl::string_view note);
absl::StatusOr<note::Checkpoint> AskCheckpoint(const Options& options);
absl::StatusOr<v1::ProveResponse> AskProve(const Options& options, const v1::ProveRequest& request);

}  // namespace cairn::load

#endif  // CAIRN_TOOLS_LOAD_ASK_H_
