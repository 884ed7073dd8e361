#include "ledger/server/keys.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ledger/server/files.h"
#include "merkle/note/key.h"
#include "merkle/note/text.h"
#include "openssl/crypto.h"

namespace cairn::server {
namespace {

constexpr size_t kMaxKeyFileBytes = 4096;
constexpr size_t kMaxStateFileBytes = 256;

// Wipes a secret when it goes out of scope.
struct Wiped {
  std::string text;
  ~Wiped() { OPENSSL_cleanse(text.data(), text.size()); }
};

absl::StatusOr<note::SignerKey> LoadKey(const std::string& file, const std::string& origin) {
  absl::StatusOr<std::string> read = ReadWholeFile(file, kMaxKeyFileBytes, /*private_only=*/true);
  if (!read.ok()) {
    return absl::Status(read.status().code(), absl::StrCat("key file: ", read.status().message()));
  }
  const Wiped secret{*std::move(read)};
  absl::string_view text = secret.text;
  absl::ConsumeSuffix(&text, "\n");
  absl::StatusOr<note::SignerKey> key = note::SignerKey::Parse(text);
  if (!key.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("key file ", file, " is damaged or not a key: ", key.status().message(),
                     "; restore it from its copy"));
  }
  if (key->type() != note::KeyType::kEd25519) {
    return absl::InvalidArgumentError(
        absl::StrCat("key file ", file, " is for cosignatures, not for a log"));
  }
  if (key->name() != origin) {
    return absl::InvalidArgumentError(absl::StrCat("key file ", file, " is of origin `",
                                                   key->name(), "`, but this log's origin is `",
                                                   origin, "`"));
  }
  return key;
}

// The log's id in the state file; nullopt when there is no file.
absl::StatusOr<std::optional<std::string>> ReadState(const KeySettings& key) {
  const absl::StatusOr<std::string> read = ReadWholeFile(key.state_file, kMaxStateFileBytes);
  if (absl::IsNotFound(read.status())) return std::optional<std::string>();
  if (!read.ok()) return read.status();
  absl::string_view id = *read;
  const absl::StatusOr<std::string> bytes =
      absl::ConsumeSuffix(&id, "\n") ? note::ParseHex(id) : absl::InvalidArgumentError("");
  if (!bytes.ok() || bytes->size() != ledger::LogIdentity().log_id.size()) {
    return absl::FailedPreconditionError(
        absl::StrCat("key state file ", key.state_file,
                     " is damaged: it should hold a log's id in hex; restore it from its copy"));
  }
  return std::optional<std::string>(std::string(id));
}

std::string IdText(const ledger::LogIdentity& identity) {
  return note::FormatHex(absl::string_view(reinterpret_cast<const char*>(identity.log_id.data()),
                                           identity.log_id.size()));
}

}  // namespace

absl::StatusOr<note::CheckpointSigner> LoadSigner(const std::vector<KeySettings>& keys,
                                                  const std::string& origin) {
  std::vector<note::SignerKey> loaded;
  for (const KeySettings& settings : keys) {
    absl::StatusOr<note::SignerKey> key = LoadKey(settings.file, origin);
    if (!key.ok()) return key.status();
    loaded.push_back(*std::move(key));
  }
  return note::CheckpointSigner::Create(std::move(loaded));
}

absl::StatusOr<bool> AnyKeyUsed(const std::vector<KeySettings>& keys) {
  bool used = false;
  for (const KeySettings& key : keys) {
    const absl::StatusOr<std::optional<std::string>> state = ReadState(key);
    if (!state.ok()) return state.status();
    used |= state->has_value();
  }
  return used;
}

absl::Status BindKeys(const std::vector<KeySettings>& keys, const ledger::LogIdentity& identity,
                      bool accept_new_log) {
  const std::string id = IdText(identity);
  for (const KeySettings& key : keys) {
    const absl::StatusOr<std::optional<std::string>> state = ReadState(key);
    if (!state.ok()) return state.status();
    if (state->has_value() && **state == id) continue;
    if (state->has_value() && !accept_new_log) {
      return absl::FailedPreconditionError(absl::StrCat(
          "key file ", key.file, " was used with log ", **state, " (says ", key.state_file,
          "), but the directory holds log ", id,
          "; a key signs one log only: use that log's directory, or make another key"));
    }
    const std::string line = absl::StrCat(id, "\n");
    const absl::Status wrote =
        state->has_value() ? ReplaceFile(key.state_file, line) : MakeFile(key.state_file, line);
    if (absl::IsAlreadyExists(wrote)) {
      return absl::FailedPreconditionError(
          absl::StrCat("key file ", key.file, " was taken by another log just now (says ",
                       key.state_file, "); a key signs one log only: make another key"));
    }
    if (!wrote.ok()) return wrote;
  }
  return absl::OkStatus();
}

}  // namespace cairn::server
