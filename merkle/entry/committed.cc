#include "merkle/entry/committed.h"

#include "absl/strings/str_cat.h"

namespace cairn::entry {

Hash CommittedHash(const Hash& salt, const Hash& certificate_hash) {
  return merkle::Sha256(
      absl::StrCat("cairn.v1/committed-hash\n", salt.view(), certificate_hash.view()));
}

}  // namespace cairn::entry
