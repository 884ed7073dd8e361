// A certifier's public key as people write it, read by one function wherever it is given: what
// cairnd declares, a verifier can be told, and the other way round.
//
// Shape: NAME=KEY. NAME is a certifier's name; KEY is a vkey (merkle/note/key.h) of type 0x01 whose
//   name is NAME, or base64 of the 32 bytes.
// Errors: kInvalidArgument; the message says what is wrong and never repeats what was given as KEY,
//   which might be a private key.

#ifndef CAIRN_MERKLE_ENTRY_CERTIFIER_KEY_H_
#define CAIRN_MERKLE_ENTRY_CERTIFIER_KEY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/signature/ed25519.h"

namespace cairn::entry {

struct CertifierKey {
  std::string name;
  PublicKey key;

  friend bool operator==(const CertifierKey&, const CertifierKey&) = default;
};

absl::StatusOr<CertifierKey> ParseCertifierKey(absl::string_view name_and_key);

// The same, of a name and a key that were given apart.
absl::StatusOr<PublicKey> ParseCertifierKey(absl::string_view name, absl::string_view key);

}  // namespace cairn::entry

#endif  // CAIRN_MERKLE_ENTRY_CERTIFIER_KEY_H_
