#include "ledger/index_tag.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "merkle/hash.h"

namespace cairn::ledger {

IndexTag MakeIndexTag(const std::array<uint8_t, 32>& salt, absl::string_view certificate_hash) {
  assert(certificate_hash.size() == Hash::kSize);
  char keyed[std::tuple_size_v<std::array<uint8_t, 32>> + Hash::kSize];
  std::memcpy(keyed, salt.data(), salt.size());
  std::memcpy(keyed + salt.size(), certificate_hash.data(), Hash::kSize);
  const Hash digest = merkle::Sha256(absl::string_view(keyed, sizeof(keyed)));
  IndexTag tag;
  std::copy_n(digest.bytes.begin(), tag.size(), tag.begin());
  return tag;
}

}  // namespace cairn::ledger
