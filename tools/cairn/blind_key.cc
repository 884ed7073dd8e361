#include "tools/cairn/blind_key.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "merkle/note/text.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

constexpr size_t kMaxFileBytes = 4096;

absl::Status Make(const std::string& path) {
  Hash secret;
  if (RAND_priv_bytes(secret.bytes.data(), Hash::kSize) != 1) {
    return absl::InternalError("OpenSSL has no randomness for a blind key");
  }
  const std::string directory = std::filesystem::path(path).parent_path().string();
  absl::Status made = directory.empty() ? absl::OkStatus() : MakeDirectories(directory, 0700);
  std::string text = absl::StrCat(secret.Hex(), "\n");
  if (made.ok()) made = CreateFile(path, text, /*mode=*/0600);
  OPENSSL_cleanse(text.data(), text.size());
  OPENSSL_cleanse(secret.bytes.data(), Hash::kSize);
  return made;
}

}  // namespace

std::optional<std::string> DefaultBlindKeyFile() {
  for (const auto& [variable, below] :
       {std::pair("XDG_CONFIG_HOME", "/cairn/blind.key"), {"HOME", "/.config/cairn/blind.key"}}) {
    const char* const directory = std::getenv(variable);
    if (directory != nullptr && directory[0] == '/') return absl::StrCat(directory, below);
  }
  return std::nullopt;
}

absl::StatusOr<BlindKey> OpenBlindKey(const std::string& path) {
  BlindKey key;
  absl::StatusOr<std::string> text = ReadSecretFile(path, kMaxFileBytes);
  if (text.status().code() == absl::StatusCode::kNotFound) {
    const absl::Status made = Make(path);
    key.made = made.ok();
    // Another run may have been faster: then all use its key.
    if (!made.ok() && made.code() != absl::StatusCode::kAlreadyExists) return made;
    text = ReadSecretFile(path, kMaxFileBytes);
  }
  if (!text.ok()) return text.status();
  absl::string_view digits = *text;
  const bool ended = absl::ConsumeSuffix(&digits, "\n");
  absl::StatusOr<std::string> bytes = note::ParseHex(digits);
  OPENSSL_cleanse(text->data(), text->size());
  if (!ended || !bytes.ok() || bytes->size() != Hash::kSize) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is no blind key: it must hold 64 lower-case hex digits on one line"));
  }
  key.secret = *Hash::FromBytes(*bytes);
  OPENSSL_cleanse(bytes->data(), bytes->size());
  return key;
}

}  // namespace cairn::cli
