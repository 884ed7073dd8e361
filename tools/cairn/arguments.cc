#include "tools/cairn/arguments.h"

#include <openssl/crypto.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "merkle/note/text.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

constexpr size_t kMaxSecretFileBytes = 64 << 10;

absl::Status Invalid(absl::string_view why) { return absl::InvalidArgumentError(why); }

}  // namespace

absl::StatusOr<Hash> ParseHash(absl::string_view text) {
  const absl::StatusOr<std::string> bytes = note::ParseHex(absl::StripPrefix(text, "sha256:"));
  if (bytes.ok()) {
    if (absl::StatusOr<Hash> hash = Hash::FromBytes(*bytes); hash.ok()) return hash;
  }
  // Not quoted: it may be a line of a key file that was given for a list.
  return Invalid(
      "what stands there is no hash: give 64 lower-case hex digits, with or without `sha256:` "
      "before them");
}

absl::StatusOr<note::VerifierKey> ParseLogKey(absl::string_view vkey) {
  absl::StatusOr<note::VerifierKey> key = note::VerifierKey::Parse(vkey);
  if (!key.ok()) {
    return Invalid(absl::StrCat("the log key is refused: ", key.status().message(),
                                "; give the vkey that `cairn keygen` printed, NAME+ID+KEY"));
  }
  if (key->type() != note::KeyType::kEd25519) {
    return Invalid("the log key is of another type than Ed25519");
  }
  return key;
}

absl::StatusOr<note::SignerKey> ReadSignerKey(const std::string& path) {
  absl::StatusOr<std::string> text = ReadSecretFile(path, kMaxSecretFileBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<note::SignerKey> key = note::SignerKey::Parse(absl::StripSuffix(*text, "\n"));
  OPENSSL_cleanse(text->data(), text->size());
  if (!key.ok()) {
    return Invalid(absl::StrCat(path, " is no key file: ", key.status().message()));
  }
  if (key->type() != note::KeyType::kEd25519) {
    return Invalid(absl::StrCat(path, " holds a key of another type than Ed25519"));
  }
  return key;
}

absl::StatusOr<std::string> ReadToken(const std::string& path) {
  // Tokens are often mounted for a service, with the mode that this brings.
  absl::StatusOr<std::string> text = ReadFile(path, kMaxSecretFileBytes);
  if (!text.ok()) return text.status();
  const absl::string_view token = absl::StripSuffix(*text, "\n");
  for (const char c : token) {
    // Anything else cannot be sent in a header.
    if (c <= 0x20 || c > 0x7e)
      return Invalid(absl::StrCat(path, " must hold one token, on one line"));
  }
  if (token.empty()) return Invalid(absl::StrCat(path, " is empty; it must hold a token"));
  return std::string(token);
}

absl::StatusOr<note::Policy> ReadPolicy(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, note::kMaxPolicyBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<note::Policy> policy = note::Policy::Parse(*text);
  if (policy.ok()) return policy;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", policy.status().message()));
}

}  // namespace cairn::cli
