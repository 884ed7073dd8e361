#include "merkle/hmac.h"

#include <gtest/gtest.h>

#include <string>

namespace cairn::merkle {
namespace {

TEST(HmacSha256, HasItsPublishedValue) {
  // RFC 4231 section 4.2 pads its key of 20 bytes 0b with zeros to a block, as ours of 32 is
  // padded.
  Hash key;
  for (size_t i = 0; i < 20; ++i) key.bytes[i] = 0x0b;
  EXPECT_EQ(HmacSha256(key, "Hi There").Hex(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

}  // namespace
}  // namespace cairn::merkle
