// What several subcommands ask a log.
//
// Errors: as LogClient; kInvalidArgument for an answer that is malformed or does not verify.

#ifndef CAIRN_TOOLS_CAIRN_LOG_VIEW_H_
#define CAIRN_TOOLS_CAIRN_LOG_VIEW_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/key.h"
#include "tools/cairn/log_client.h"

namespace cairn::cli {

struct CheckpointAnswer {
  std::string note;
  note::Checkpoint checkpoint;
};

// The newest checkpoint, verified where there is a key.
absl::StatusOr<CheckpointAnswer> FetchCheckpoint(LogClient& client,
                                                 const std::optional<note::VerifierKey>& log_key);

// The value of --log_key; nullopt when it is empty. Throws as Misused where it is no key.
std::optional<note::VerifierKey> LogKeyOption(const std::string& vkey);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_LOG_VIEW_H_
