// The secret that `cairn submit --blind` makes the keys of blinded ids from (merkle/entry/blind.h).
//
// Shape: a file of 64 lower-case hex digits and '\n' that none but its owner may use.
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_BLIND_KEY_H_
#define CAIRN_TOOLS_CAIRN_BLIND_KEY_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "merkle/hash.h"

namespace cairn::cli {

// $XDG_CONFIG_HOME/cairn/blind.key, else $HOME/.config/cairn/blind.key. A variable that is no
// absolute path counts as not set; nullopt where neither is.
std::optional<std::string> DefaultBlindKeyFile();

struct BlindKey {
  Hash secret;
  bool made = false;  // There was none before.
};

// Makes file and directory where they are missing. kPermissionDenied for a file that others may
// use, kInvalidArgument for one that holds something else; otherwise as file.h.
absl::StatusOr<BlindKey> OpenBlindKey(const std::string& path);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_BLIND_KEY_H_
