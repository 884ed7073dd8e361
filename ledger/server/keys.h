// The log's signing keys: all of its origin.

#ifndef CAIRN_LEDGER_SERVER_KEYS_H_
#define CAIRN_LEDGER_SERVER_KEYS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/note/checkpoint_signer.h"
#include "witness/server/key_file.h"

namespace cairn::server {

// Errors: those of LoadKey; kInvalidArgument for a key of another origin.
absl::StatusOr<note::CheckpointSigner> LoadSigner(const std::vector<KeySettings>& keys,
                                                  const std::string& origin);

// What is said where keys have signed a log that is not there: kFailedPrecondition.
absl::Status SecondHistory(const std::string& data_dir, const KeySettings& key);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_KEYS_H_
