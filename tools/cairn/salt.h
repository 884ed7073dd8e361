// Random salts.

#ifndef CAIRN_TOOLS_CAIRN_SALT_H_
#define CAIRN_TOOLS_CAIRN_SALT_H_

#include "merkle/hash.h"

namespace cairn::cli {

// 32 bytes that nobody can guess. The process ends where OpenSSL has no randomness: without it
// nothing that was asked for can be done.
Hash RandomSalt();

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_SALT_H_
