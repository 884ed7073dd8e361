#include "witness/server/key_file.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "merkle/note/text.h"
#include "openssl/crypto.h"
#include "witness/server/files.h"

namespace cairn::server {
namespace {

constexpr size_t kMaxKeyFileBytes = 4096;
constexpr size_t kMaxStateFileBytes = 256;

// Wipes a secret when it goes out of scope.
struct Wiped {
  std::string text;
  ~Wiped() { OPENSSL_cleanse(text.data(), text.size()); }
};

// The owner's id in the state file; nullopt when there is no file.
absl::StatusOr<std::optional<std::string>> ReadState(const KeySettings& key) {
  const absl::StatusOr<std::string> read = ReadWholeFile(key.state_file, kMaxStateFileBytes);
  if (absl::IsNotFound(read.status())) return std::optional<std::string>();
  if (!read.ok()) return read.status();
  absl::string_view id = *read;
  const absl::StatusOr<std::string> bytes =
      absl::ConsumeSuffix(&id, "\n") ? note::ParseHex(id) : absl::InvalidArgumentError("");
  if (!bytes.ok() || bytes->size() != OwnerId().size()) {
    return absl::FailedPreconditionError(
        absl::StrCat("key state file ", key.state_file,
                     " is damaged: it should hold an id in hex; restore it from its copy"));
  }
  return std::optional<std::string>(std::string(id));
}

std::string IdText(const OwnerId& owner) {
  return note::FormatHex(
      absl::string_view(reinterpret_cast<const char*>(owner.data()), owner.size()));
}

absl::Status UsedElsewhere(const KeySettings& key, absl::string_view used_with,
                           absl::string_view id) {
  return absl::FailedPreconditionError(
      absl::StrCat("key file ", key.file, " was used with ", used_with, " (says ", key.state_file,
                   "), but the directory holds ", id,
                   "; a key signs for one only: use that directory, or make another key"));
}

}  // namespace

absl::StatusOr<note::SignerKey> LoadKey(const std::string& file, note::KeyType type) {
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
  if (key->type() != type) {
    return absl::InvalidArgumentError(absl::StrCat("key file ", file, " is ",
                                                   type == note::KeyType::kEd25519
                                                       ? "for cosignatures, not for a log"
                                                       : "a log's, not for cosignatures"));
  }
  return key;
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

absl::Status CheckKeys(const std::vector<KeySettings>& keys, const OwnerId& owner,
                       bool accept_new_owner) {
  const std::string id = IdText(owner);
  for (const KeySettings& key : keys) {
    const absl::StatusOr<std::optional<std::string>> state = ReadState(key);
    if (!state.ok()) return state.status();
    if (!state->has_value() || **state == id || accept_new_owner) continue;
    return UsedElsewhere(key, **state, id);
  }
  return absl::OkStatus();
}

absl::Status BindKeys(const std::vector<KeySettings>& keys, const OwnerId& owner,
                      bool accept_new_owner) {
  const std::string id = IdText(owner);
  for (const KeySettings& key : keys) {
    const absl::StatusOr<std::optional<std::string>> state = ReadState(key);
    if (!state.ok()) return state.status();
    if (state->has_value() && **state == id) continue;
    if (state->has_value() && !accept_new_owner) {
      return UsedElsewhere(key, **state, id);
    }
    const std::string line = absl::StrCat(id, "\n");
    const absl::Status wrote =
        state->has_value() ? ReplaceFile(key.state_file, line) : MakeFile(key.state_file, line);
    if (absl::IsAlreadyExists(wrote)) {
      return absl::FailedPreconditionError(
          absl::StrCat("key file ", key.file, " was taken by another process just now (says ",
                       key.state_file, "); a key signs for one only: make another key"));
    }
    if (!wrote.ok()) return wrote;
  }
  return absl::OkStatus();
}

}  // namespace cairn::server
