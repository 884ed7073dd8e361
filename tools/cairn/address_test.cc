#include "tools/cairn/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace cairn::cli {
namespace {

using ::testing::HasSubstr;

TEST(ParseHostPort, TakesNamesAddressesAndGrpcsPrefixes) {
  for (const auto& [text, host] : std::vector<std::pair<std::string, std::string>>{
           {"127.0.0.1:7717", "127.0.0.1"},
           {"localhost:7717", "localhost"},
           {"log.example-1.org:7717", "log.example-1.org"},
           {"my_log:7717", "my_log"},
           {"[::1]:7717", "::1"},
           {"[fe80::1%eth0]:7717", "fe80::1%eth0"},
           {"ipv4:127.0.0.1:7717", "127.0.0.1"},
           {"ipv6:[::1]:7717", "::1"},
           {"dns:localhost:7717", "localhost"},
           {"dns:///localhost:7717", "localhost"},
           {"dns:7717", "dns"}}) {
    const absl::StatusOr<HostPort> parsed = ParseHostPort(text);
    ASSERT_TRUE(parsed.ok()) << text << parsed.status();
    EXPECT_EQ(parsed->host, host);
    EXPECT_EQ(parsed->port, "7717");
  }
  EXPECT_EQ(ParseHostPort("unix:/run/log")->unix_path, "/run/log");
  EXPECT_EQ(ParseHostPort("unix:///run/log")->unix_path, "/run/log");
}

TEST(ParseHostPort, SaysWhatWasMeant) {
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "is empty"},
           {"http://127.0.0.1:80", "HOST:PORT, not a URL; write 127.0.0.1:80 (the port is that"},
           {"https://log.example", "not a URL; write log.example:PORT --tls"},
           {"https://u:p@log.example:1/x", "not a URL; write log.example:1 --tls"},
           {"grpc://127.0.0.1:7717", "not a URL; write 127.0.0.1:7717"},
           {"grpcs://127.0.0.1:7717/", "not a URL; write 127.0.0.1:7717 --tls"},
           {"://", "not a URL; write HOST:PORT"},
           {" 127.0.0.1:7717", "has no blanks; write 127.0.0.1:7717"},
           {"127.0.0.1:7717\n", "has no blanks; write 127.0.0.1:7717"},
           {"127.0.0.1 7717", "has no blanks"},
           {"::1:7717", "stands in brackets; write [::1]:7717"},
           {"::1", "and needs a port; write [::1]:PORT"},
           {"2001:db8::1", "write [2001:db8::1]:PORT"},
           {"127.0.0.1:1:1", "a colon too many"},
           {"127.0.0.1", "the port is missing; write 127.0.0.1:PORT"},
           {"[::1]", "the port is missing; write [::1]:PORT"},
           {"[::1", "in the brackets"},
           {"[localhost]:1", "in the brackets"},
           {"[::1]7717", "is no port"},
           {":7717", "the host is missing; write 127.0.0.1:7717"},
           {"localhost:", "is no port"},
           {"localhost:0", "is no port"},
           {"localhost:65536", "is no port"},
           {"localhost:+1", "is no port"},
           {"localhost:https", "`https` is no port"},
           {"localhost:7717/v1", "has no path; write localhost:7717"},
           {"user@localhost:7717", "has no user name"},
           {"127.0.0.1:1,8.8.8.8:1", "not several"},
           {"ipv4:127.0.0.1:1,8.8.8.8:1", "not several"},
           {"h\xc3\xb6st:1", "no host name"},
           {"unix:", "path of a socket"}}) {
    const absl::Status status = CheckHostPort(text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why)) << text;
  }
}

TEST(IsLoopback, GoesByWhatAnAddressIs) {
  for (const std::string text : {"127.0.0.1:1", "127.1.2.3:1", "localhost:1", "[::1]:1",
                                 "ipv4:127.0.0.1:1", "unix:/run/log"}) {
    EXPECT_TRUE(IsLoopback(*ParseHostPort(text))) << text;
  }
  for (const std::string text :
       {"log.example:1", "127.evil.example:1", "127.0.0.1.evil.example:1", "localhost.evil:1",
        "10.127.0.1:1", "[::2]:1", "dns:127.evil.example:1"}) {
    EXPECT_FALSE(IsLoopback(*ParseHostPort(text))) << text;
  }
}

TEST(CheckUrlOrPath, RefusesWhatIsMeantForGrpc) {
  for (const std::string text :
       {"http://localhost:80", "https://log.example/a/", "/tmp/no/tiles", "tiles", ".", "a:b"}) {
    EXPECT_TRUE(CheckUrlOrPath(text).ok()) << text << CheckUrlOrPath(text);
  }
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "is empty"},
           {"127.0.0.1:7717", "a URL, not HOST:PORT; write http://127.0.0.1:7717 or https://"},
           {"ftp://log.example", "is not read here"},
           {"http://", "no host"},
           {"https://me:secret@log.example/", "user name or password"},
           {"https://log.example/ x", "no blanks"}}) {
    const absl::Status status = CheckUrlOrPath(text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why)) << text;
    EXPECT_THAT(std::string(status.message()), ::testing::Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace cairn::cli
