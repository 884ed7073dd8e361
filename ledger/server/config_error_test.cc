#include "ledger/server/config_error.h"

#include <string>

#include "gtest/gtest.h"

namespace cairn::server {
namespace {

constexpr char kSecret[] = "AQABAgMEBQYHCAkK";

TEST(ConfigError, NamesTheFieldThatWasMeant) {
  EXPECT_EQ(ConfigError("Message type \"cairn.config.Cairnd\" has no field named "
                        "\"grpc_adress\"."),
            "`Cairnd` has no field of that name; did you mean `grpc_address`?");
  EXPECT_EQ(ConfigError("Message type \"cairn.config.Anchoring\" has no field named \"wanted\"."),
            "`Anchoring` has no field of that name");
}

TEST(ConfigError, NeverQuotesTheFile) {
  const std::string secret = kSecret;
  for (const std::string& message :
       {"Message type \"cairn.config.Cairnd\" has no field named \"" + secret + "\".",
        "Message type \"x.Unknown\" has no field named \"" + secret + "\".",
        "Expected identifier, got: " + secret, "Expected \"{\", found \"" + secret + "\".",
        "Integer out of range (" + secret + ")",
        "Invalid value for boolean field \"retired\". Value: \"" + secret + "\".",
        "Unknown enumeration value of \"" + secret + "\" for field \"demand\".", "\"" + secret}) {
    EXPECT_EQ(ConfigError(message).find(secret), std::string::npos) << ConfigError(message);
  }
  EXPECT_EQ(ConfigError("Expected \"{\", found \"" + secret + "\"."), "Expected `{`");
  EXPECT_EQ(ConfigError("Unknown enumeration value of \"" + secret + "\" for field \"demand\"."),
            "Unknown enumeration value of what stands there for field `demand`.");
  EXPECT_EQ(ConfigError("Non-repeated field \"origin\" is specified multiple times."),
            "Non-repeated field `origin` is specified multiple times.");
}

}  // namespace
}  // namespace cairn::server
