#include "witness/server/key_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
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
// A state file is replaced at an operator's word alone.
constexpr int kMaxReopened = 16;

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

// An open file, and which one it is.
struct HeldKeys::Lock {
  explicit Lock(int opened) : fd(opened) {}
  ~Lock() {
    if (fd >= 0) close(fd);
  }
  Lock(Lock&& other) noexcept
      : fd(std::exchange(other.fd, -1)), device(other.device), inode(other.inode) {}
  Lock& operator=(Lock&& other) noexcept {
    std::swap(fd, other.fd);
    device = other.device;
    inode = other.inode;
    return *this;
  }

  int fd;
  dev_t device = 0;
  ino_t inode = 0;
};

HeldKeys::HeldKeys(std::vector<KeySettings> keys) : keys_(std::move(keys)) {}
HeldKeys::~HeldKeys() = default;
HeldKeys::HeldKeys(HeldKeys&& other) noexcept = default;
HeldKeys& HeldKeys::operator=(HeldKeys&& other) noexcept = default;

absl::StatusOr<HeldKeys> HeldKeys::Take(std::vector<KeySettings> keys) {
  HeldKeys held(std::move(keys));
  for (const KeySettings& key : held.keys_) {
    // The key file too: the same key may be given with another state file.
    for (const auto& [file, required] : {std::pair(&key.file, false), {&key.state_file, true}}) {
      absl::Status locked = held.Hold(*file, required);
      if (!locked.ok() && !absl::IsNotFound(locked)) return locked;
    }
  }
  return held;
}

absl::Status HeldKeys::Hold(const std::string& file, bool required) {
  for (int i = 0; i < kMaxReopened; ++i) {
    // Some file systems lock only what is open for writing; others are mounted read-only.
    Lock lock(open(file.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (lock.fd < 0) lock.fd = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (lock.fd < 0 || fstat(lock.fd, &info) != 0) {
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", file));
    }
    lock.device = info.st_dev;
    lock.inode = info.st_ino;
    for (const Lock& other : locks_) {
      // Several keys may share a state file.
      if (other.device == lock.device && other.inode == lock.inode) return absl::OkStatus();
    }
    if (flock(lock.fd, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) {
        return absl::FailedPreconditionError(absl::StrCat(
            "another process holds ", file,
            ": another cairnd or cairn-witness runs with this key, on the same directory or on a "
            "copy of it, and two that sign with one key make two histories. Stop the one that must "
            "not go on"));
      }
      if (!required) return absl::OkStatus();
      return absl::UnavailableError(
          absl::StrCat("cannot lock ", file, ": ", std::strerror(errno),
                       "; put the key's state file on a file system that has locks"));
    }
    // It may have been replaced before it was locked.
    struct stat named;
    const bool same = stat(file.c_str(), &named) == 0 && named.st_dev == lock.device &&
                      named.st_ino == lock.inode;
    if (!same) continue;
    locks_.push_back(std::move(lock));
    return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat(file, " was replaced again and again; try again"));
}

absl::Status HeldKeys::BindOne(const KeySettings& key, const std::string& id,
                               bool accept_new_owner) {
  absl::StatusOr<std::optional<std::string>> state = ReadState(key);
  if (!state.ok()) return state.status();
  const std::string line = absl::StrCat(id, "\n");
  if (state->has_value() && **state != id) {
    if (!accept_new_owner) {
      return UsedElsewhere(key, **state, id);
    }
    // The lock on the file before stays too: another name may lead to it.
    if (absl::Status wrote = ReplaceFile(key.state_file, line); !wrote.ok()) return wrote;
  }
  if (!state->has_value()) {
    const absl::Status made = MakeFile(key.state_file, line);
    if (!made.ok() && !absl::IsAlreadyExists(made)) {
      return absl::Status(made.code(),
                          absl::StrCat(made.message(),
                                       "; that the key is used from now on must be written down "
                                       "beside it, or where its state file is said to be"));
    }
  }
  // Made just now, by this process or by another.
  if (absl::Status held = Hold(key.state_file, /*required=*/true); !held.ok()) return held;
  state = ReadState(key);
  if (!state.ok()) return state.status();
  if (state->has_value() && **state == id) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("key file ", key.file, " was taken by another process just now (says ",
                   key.state_file, "); a key signs for one only: make another key"));
}

absl::Status HeldKeys::Bind(const OwnerId& owner, bool accept_new_owner) {
  const std::string id = IdText(owner);
  for (const KeySettings& key : keys_) {
    if (absl::Status bound = BindOne(key, id, accept_new_owner); !bound.ok()) return bound;
  }
  return absl::OkStatus();
}

}  // namespace cairn::server
