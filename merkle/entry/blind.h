// Blinded trace and task ids: what the log publishes is a keyed hash, and who holds the opening
// (key and value) can show what it stands for.
//
// Shape: "b1:" || base64url without padding of HMAC-SHA256(key, message): 46 characters that any
//   trace or task may have. message = "cairn.v1/blind\n" || u8 length || field name || value.
// A key of its own for every field of every certificate: equal values under one key give equal ids,
//   and a key that was opened lets anyone try values against all ids made with it. BlindingKey
//   makes such keys from one secret, the same each time, so that a statement that is made again is
//   the same statement. Who has the secret can try values against every id made with it.

#ifndef CAIRN_MERKLE_ENTRY_BLIND_H_
#define CAIRN_MERKLE_ENTRY_BLIND_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"

namespace cairn::entry {

inline constexpr char kBlindPrefix[] = "b1:";

// HMAC-SHA256(secret, "cairn.v1/blind-key\n" || u8 length || field name || certificate hash ||
// value). `secret` is 32 random bytes.
Hash BlindingKey(const Hash& secret, absl::string_view field, const Hash& certificate_hash,
                 absl::string_view value);

// `field` is "trace" or "task"; `value` may be any bytes, also such as a trace could not have.
std::string Blind(const Hash& key, absl::string_view field, absl::string_view value);

// OK when `id` is Blind(key, field, value), else kInvalidArgument.
absl::Status VerifyOpening(absl::string_view id, const Hash& key, absl::string_view field,
                           absl::string_view value);

}  // namespace cairn::entry

#endif  // CAIRN_MERKLE_ENTRY_BLIND_H_
