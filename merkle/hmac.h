// HMAC-SHA256 (RFC 2104) under a key of 32 bytes.

#ifndef CAIRN_MERKLE_HMAC_H_
#define CAIRN_MERKLE_HMAC_H_

#include "absl/strings/string_view.h"
#include "merkle/hash.h"

namespace cairn::merkle {

// Threads: any.
Hash HmacSha256(const Hash& key, absl::string_view message);

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_HMAC_H_
