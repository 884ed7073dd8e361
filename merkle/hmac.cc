#include "merkle/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cassert>

namespace cairn::merkle {

Hash HmacSha256(const Hash& key, absl::string_view message) {
  Hash code;
  unsigned int size = 0;
  const unsigned char* const made = HMAC(EVP_sha256(), key.bytes.data(), Hash::kSize,
                                         reinterpret_cast<const unsigned char*>(message.data()),
                                         message.size(), code.bytes.data(), &size);
  assert(made != nullptr && size == Hash::kSize);
  return code;
}

}  // namespace cairn::merkle
