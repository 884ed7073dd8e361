#include "anchor/public_text.h"

#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace cairn::anchor {
namespace {

TEST(PublicText, SaysTheKindOfAFailureAndNotWhere) {
  const absl::Status error = absl::UnavailableError("https://tsa.internal/: Connection refused");
  EXPECT_EQ(PublicText(error), "cannot be reached, or does not answer as it should");
  const absl::Status marked = WithPublicText(error, "refuses the connection");
  EXPECT_EQ(PublicText(marked), "refuses the connection");
  EXPECT_EQ(marked.message(), error.message());
  const absl::Status named = Reworded(marked, "time-stamp authority tsa: gone");
  EXPECT_EQ(PublicText(named), "refuses the connection");
  EXPECT_EQ(named.message(), "time-stamp authority tsa: gone");
  EXPECT_EQ(named.code(), absl::StatusCode::kUnavailable);
  for (int code = 1; code <= 16; ++code) {
    const absl::Status any(static_cast<absl::StatusCode>(code), "at http://10.0.0.7/");
    EXPECT_FALSE(PublicText(any).empty()) << code;
    EXPECT_EQ(PublicText(any).find("10.0"), std::string::npos) << code;
  }
}

TEST(CleanStored, LeavesOfOldErrorsTheirKind) {
  EXPECT_EQ(CleanStored("UNAVAILABLE: time-stamp authority tsa: https://tsa.internal/x: Couldn't "
                        "connect to server"),
            "cannot be reached, or does not answer as it should");
  EXPECT_EQ(CleanStored("UNAVAILABLE: time-stamp authority tsa: HTTP status 503"),
            "HTTP status 503");
  EXPECT_EQ(CleanStored("UNAVAILABLE: OpenTimestamps: 0 of the 2 calendars that are required took "
                        "the digest: https://a.example answers 502 \"tsa.internal\""),
            "HTTP status 502");
  EXPECT_EQ(CleanStored("DEADLINE_EXCEEDED: http://10.1.2.3:8332/: Timeout was reached"),
            "does not answer in time");
  EXPECT_EQ(CleanStored("INVALID_ARGUMENT: it answers 40000 bytes"),
            "the answer is malformed, or to something else");
}

TEST(CleanStored, TakesUrlsOutOfOldDetails) {
  EXPECT_EQ(CleanStored("2 of 4 calendars took the digest; https://a.internal/: 503 \"x\""),
            "2 of 4 calendars took the digest");
  EXPECT_EQ(CleanStored("waits for revocation lists: https://user:pw@crl.internal/: HTTP status 5"),
            "waits for revocation lists");
  EXPECT_EQ(CleanStored("https://a.internal/: Pending"), "");
}

TEST(CleanStored, LeavesWhatIsOursAsItIs) {
  for (const std::string text :
       {"", "2026-12-01T03:00:00Z by /CN=Example TSA, serial 0a, policy 1.2.3.4.1",
        "entry 12 of the log", "given up after 5 requests", "HTTP status 503",
        "2 operators of tsa (Example CA), btc (Bitcoin)", "block 3: of chain; 4 deep"}) {
    EXPECT_EQ(CleanStored(text), text);
  }
}

}  // namespace
}  // namespace cairn::anchor
