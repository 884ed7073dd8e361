// Signing keys: read from files that only their owner may read, and bound to one set of data.
//
// A key signs for one log, or one witness, only. Beside each key file, a state file
// (KeySettings::state_file) holds the owner's id in hex once the key has been used; a key with a
// state file is refused for any other owner, and where there is none yet, since that would be a
// second history under one name.
//
// A copy of the data has the same id, so that the state file does not tell it from its original.
// Therefore key file and state file are locked (flock) for as long as a process signs: a copy that
// is started with the same files is refused, by whatever path, symbolic or hard link they are
// reached. The kernel gives the lock up when the process ends, however it does. What no lock sees
// is a copy of the files themselves, or another machine.
// Errors: kInvalidArgument and kPermissionDenied for key files, kFailedPrecondition for what
//   contradicts a state file or is locked; messages name files, never what is in a key file.

#ifndef CAIRN_WITNESS_SERVER_KEY_FILE_H_
#define CAIRN_WITNESS_SERVER_KEY_FILE_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "merkle/note/key.h"

namespace cairn::server {

struct KeySettings {
  std::string file;
  std::string state_file;
};

// Random, kept with the data: tells two logs, or two witnesses, of one name and key apart.
using OwnerId = std::array<uint8_t, 16>;

absl::StatusOr<note::SignerKey> LoadKey(const std::string& file, note::KeyType type);

// Whether one of the keys was used before. Damaged state files are errors. Takes no lock.
absl::StatusOr<bool> AnyKeyUsed(const std::vector<KeySettings>& keys);

// Keys that no other process of this machine may sign with while this value lives.
// Threads: one.
class HeldKeys {
 public:
  // Locks the files that there are.
  static absl::StatusOr<HeldKeys> Take(std::vector<KeySettings> keys);
  ~HeldKeys();
  HeldKeys(HeldKeys&& other) noexcept;
  HeldKeys& operator=(HeldKeys&& other) noexcept;

  // Binds the keys to `owner`, whose id is durable already. Call before anything is signed.
  // `accept_new_owner` replaces what the state files say; without it another's id is refused. Of
  // several processes that begin with one key at once, one succeeds. Durable when it returns OK.
  absl::Status Bind(const OwnerId& owner, bool accept_new_owner);

 private:
  struct Lock;

  explicit HeldKeys(std::vector<KeySettings> keys);

  // `required`: also where the file system knows no locks.
  absl::Status Hold(const std::string& file, bool required);
  absl::Status BindOne(const KeySettings& key, const std::string& id, bool accept_new_owner);

  std::vector<KeySettings> keys_;
  std::vector<Lock> locks_;
};

// Whether HeldKeys::Bind would take `owner` now. Changes nothing.
absl::Status CheckKeys(const std::vector<KeySettings>& keys, const OwnerId& owner,
                       bool accept_new_owner);

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_KEY_FILE_H_
