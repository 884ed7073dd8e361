#include "merkle/entry/committed.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace cairn::entry {
namespace {

TEST(CommittedHash, IsOverItsDomainTheSaltAndTheHash) {
  const Hash salt = merkle::Sha256("salt"), hash = merkle::Sha256("certificate");
  EXPECT_EQ(CommittedHash(salt, hash),
            merkle::Sha256(absl::StrCat("cairn.v1/committed-hash\n", salt.view(), hash.view())));
  EXPECT_NE(CommittedHash(salt, hash), CommittedHash(hash, salt));
  // docs/formats.md has these bytes.
  Hash counted;
  for (size_t i = 0; i < Hash::kSize; ++i) counted.bytes[i] = static_cast<uint8_t>(i);
  EXPECT_EQ(CommittedHash(counted, merkle::Sha256("")).Hex(),
            "d7c20881b7fcfd0b21c4c1928618df6f6715cb0f279c8d415e14ef298572e2f0");
}

}  // namespace
}  // namespace cairn::entry
