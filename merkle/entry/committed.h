// The hash under which a certificate is logged that is committed to: without its salt nobody can
// find out, by trying certificates, which one the log holds, and once the salt is destroyed nobody
// ever can.
//
// Shape: SHA-256("cairn.v1/committed-hash\n" || salt [32] || certificate hash [32]). The salt is 32
//   random bytes, of each entry its own; it travels in the evidence.
// Threads: pure.

#ifndef CAIRN_MERKLE_ENTRY_COMMITTED_H_
#define CAIRN_MERKLE_ENTRY_COMMITTED_H_

#include "merkle/hash.h"

namespace cairn::entry {

Hash CommittedHash(const Hash& salt, const Hash& certificate_hash);

}  // namespace cairn::entry

#endif  // CAIRN_MERKLE_ENTRY_COMMITTED_H_
