#include "witness/http/address.h"

#include "gtest/gtest.h"

namespace cairn::http {
namespace {

TEST(ParseAddress, TellsLoopbackFromEverythingElse) {
  for (const char* text :
       {"127.0.0.1:0", "127.255.0.9:7717", "[::1]:7717", "localhost:1", "LocalHost:65535"}) {
    const auto address = ParseAddress(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_TRUE(address->loopback) << text;
  }
  // A name that may resolve to loopback today is not one.
  for (const char* text :
       {"0.0.0.0:7717", "[::]:7717", "128.0.0.1:7717", "10.0.0.1:1", "localhost.example:1",
        "127.0.0.1.example:1", "[::ffff:127.0.0.1]:1", "127.1:1", "log.example:443"}) {
    const auto address = ParseAddress(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_FALSE(address->loopback) << text;
  }
}

TEST(ParseAddress, FormatsAsItParses) {
  for (const char* text : {"127.0.0.1:7717", "[::1]:0", "log.example:443"}) {
    EXPECT_EQ(ParseAddress(text)->Format(), text);
  }
}

TEST(ParseAddress, LocalhostIsAnAddressThatNobodyResolves) {
  EXPECT_EQ(ParseAddress("localhost:1")->Format(), "127.0.0.1:1");
  EXPECT_EQ(ParseAddress("LOCALHOST:0")->Format(), "127.0.0.1:0");
}

TEST(ParseAddress, RefusesWhatIsNoHostAndPort) {
  for (const char* text : {"", "7717", ":7717", "localhost", "localhost:", "localhost:65536",
                           "localhost:-1", "localhost: 1", "localhost:+1", "::1:7717", "[::1]",
                           "[localhost]:1", "unix:/tmp/s", "unix:///tmp/s:1", "a/b:1"}) {
    EXPECT_EQ(ParseAddress(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace cairn::http
