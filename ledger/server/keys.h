// The log's signing keys: read from files that only their owner may read, and bound to one log.
//
// A key signs for one log only. Beside each key file, a state file (KeySettings::state_file) holds
// the log's id in hex once the key has been used; a key with a state file is refused for any other
// log, and for a directory in which no log is, since that would be a second history under one name.
// Errors: kInvalidArgument and kPermissionDenied for key files, kFailedPrecondition for what
//   contradicts a state file; messages name files, never what is in a key file.

#ifndef CAIRN_LEDGER_SERVER_KEYS_H_
#define CAIRN_LEDGER_SERVER_KEYS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/server/settings.h"
#include "ledger/store.h"
#include "merkle/note/checkpoint_signer.h"

namespace cairn::server {

// All keys, which must be of `origin`.
absl::StatusOr<note::CheckpointSigner> LoadSigner(const std::vector<KeySettings>& keys,
                                                  const std::string& origin);

// Whether one of the keys was used before. Damaged state files are errors.
absl::StatusOr<bool> AnyKeyUsed(const std::vector<KeySettings>& keys);

// Binds the keys to the log `identity`, which is durable already. Call before the log signs
// anything. `accept_new_log` replaces what the state files say; without it another log's id is
// refused. Of several processes that begin a log with one key at once, one succeeds. Durable when
// it returns OK.
absl::Status BindKeys(const std::vector<KeySettings>& keys, const ledger::LogIdentity& identity,
                      bool accept_new_log);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_KEYS_H_
