#include "tools/cairn/salt.h"

#include <openssl/rand.h>

#include <cassert>

namespace cairn::cli {

Hash RandomSalt() {
  Hash salt;
  const int made = RAND_priv_bytes(salt.bytes.data(), Hash::kSize);
  assert(made == 1 && "OpenSSL has no randomness");
  (void)made;
  return salt;
}

}  // namespace cairn::cli
