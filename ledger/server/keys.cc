#include "ledger/server/keys.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/note/key.h"

namespace cairn::server {

absl::StatusOr<note::CheckpointSigner> LoadSigner(const std::vector<KeySettings>& keys,
                                                  const std::string& origin) {
  std::vector<note::SignerKey> loaded;
  for (const KeySettings& settings : keys) {
    absl::StatusOr<note::SignerKey> key = LoadKey(settings.file, note::KeyType::kEd25519);
    if (!key.ok()) return key.status();
    if (key->name() != origin) {
      return absl::InvalidArgumentError(absl::StrCat("key file ", settings.file, " is of origin `",
                                                     key->name(), "`, but this log's origin is `",
                                                     origin, "`"));
    }
    loaded.push_back(*std::move(key));
  }
  return note::CheckpointSigner::Create(std::move(loaded));
}

absl::Status SecondHistory(const std::string& data_dir, const KeySettings& key) {
  return absl::FailedPreconditionError(absl::StrCat(
      "there is no log in ", data_dir, ", but key file ", key.file, " has signed one (says ",
      key.state_file,
      "): a new log under this key would be a second history. Point --data_dir at that log or "
      "restore it, or make a new key; only if no checkpoint of that log ever left this machine, "
      "give --accept_new_log_for_used_key"));
}

}  // namespace cairn::server
