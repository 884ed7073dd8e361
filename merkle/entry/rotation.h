// A rotation of a certifier's key that the key before it signs, so that it is not the operator's
// word alone.
//
// Shape of what is signed; `field` is u16 big-endian length || bytes:
//   "cairn.v1/certifier-rotation\n" || field origin || field name || field old key [32]
//   || field new key [32] || field demand [1]
// It holds for one log, one name, and one pair of keys, whenever the old key is the one in force.
// Errors: kInvalidArgument for a rotation that has no encoding; kPermissionDenied for a missing or
//   wrong signature.

#ifndef CAIRN_MERKLE_ENTRY_ROTATION_H_
#define CAIRN_MERKLE_ENTRY_ROTATION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/entry/entry.h"
#include "merkle/signature/ed25519.h"

namespace cairn::entry {

// Requires: origin shorter than 64 KiB.
std::string RotationMessage(absl::string_view origin, absl::string_view name,
                            const PublicKey& old_key, const PublicKey& new_key,
                            CertifierDemand demand);

// The entry that gives `name` the new key and demand from its index on, signed by the old key.
absl::StatusOr<CertifierEntry> SignRotation(absl::string_view origin, absl::string_view name,
                                            const PrivateKey& old_key, const PublicKey& new_key,
                                            CertifierDemand demand);

// OK when `rotation` carries a signature by `old_key`, the key in force before, that holds at
// `origin`.
absl::Status VerifyRotation(absl::string_view origin, const CertifierEntry& rotation,
                            const PublicKey& old_key);

}  // namespace cairn::entry

#endif  // CAIRN_MERKLE_ENTRY_ROTATION_H_
