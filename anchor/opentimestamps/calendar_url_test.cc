#include "anchor/opentimestamps/calendar_url.h"

#include <string>

#include "gtest/gtest.h"

namespace cairn::anchor {
namespace {

TEST(CalendarUrl, IsReadAndWrittenInOneSpelling) {
  const auto spelled = [](absl::string_view text) {
    const absl::StatusOr<CalendarUrl> url = ParseCalendarUrl(text);
    return url.ok() ? url->Format() : std::string(url.status().message());
  };
  EXPECT_EQ(spelled("https://Alice.Calendar.example/"), "https://alice.calendar.example");
  EXPECT_EQ(spelled("https://a.example:443"), "https://a.example");
  EXPECT_EQ(spelled("http://a.example:80/x/y_z.1/"), "http://a.example/x/y_z.1");
  EXPECT_EQ(spelled("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
  EXPECT_EQ(spelled("http://localhost:1"), "http://localhost:1");
}

TEST(CalendarUrl, RefusesWhateverCouldBeReadAsSomethingElse) {
  for (const char* text : {"",
                           "https://",
                           "https:///",
                           "ftp://a.example",
                           "HTTPS://a.example",
                           "//a.example",
                           "a.example",
                           "https://a..example",
                           "https://.example",
                           "https://a.example.",
                           "https://user@a.example",
                           "https://a.example:",
                           "https://a.example:0",
                           "https://a.example:65536",
                           "https://a.example:+1",
                           "https://a.example: 1",
                           "https://a.example:80:81",
                           "https://evil.example:80.calendar.example",
                           "https://[::1]",
                           "https://a.example//",
                           "https://a.example/x//y",
                           "https://a.example/../y",
                           "https://a.example/./y",
                           "https://a.example/%2e",
                           "https://a.example/x?y",
                           "https://a.example/x#y",
                           "https://a_b.example",
                           "https://a.example\\.evil",
                           "https://a.example/x y",
                           "https://a.example\n",
                           "https://*.example"}) {
    EXPECT_EQ(ParseCalendarUrl(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(ParseCalendarUrl("https://" + std::string(254, 'a')).ok());
}

TEST(CalendarUrl, NeverRepeatsAPassword) {
  for (const char* text : {"https://user:s3cr3t@a.example", "https://s3cr3t@a.example",
                           "https://user:s3cr3t/@a.example", "https://*.user:s3cr3t@a.example"}) {
    const auto one = ParseCalendarUrl(text).status();
    EXPECT_NE(one.message().find("user name or password"), std::string::npos) << one;
    const auto listed = AllowedCalendars::Parse({text}).status();
    EXPECT_EQ(listed.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(listed.message().find("s3cr3t"), std::string::npos) << listed;
  }
}

TEST(AllowedCalendars, AreTheseAndNoOthers) {
  const absl::StatusOr<AllowedCalendars> allowed = AllowedCalendars::Parse(
      {"https://*.calendar.example", "http://127.0.0.1:8080/ots", "https://one.example"});
  ASSERT_TRUE(allowed.ok()) << allowed.status();
  for (const char* uri : {"https://alice.calendar.example", "https://a.b.calendar.example/",
                          "https://ALICE.calendar.example:443", "http://127.0.0.1:8080/ots",
                          "https://one.example/"}) {
    EXPECT_TRUE(allowed->Find(uri).ok()) << uri;
  }
  for (const char* uri :
       {"https://calendar.example", "http://alice.calendar.example",
        "https://alice.calendar.example:8443", "https://alice.calendar.example/x",
        "https://evilcalendar.example", "https://alice.calendar.example.evil.example",
        "http://127.0.0.1:8080", "http://127.0.0.1:8081/ots", "http://127.0.0.2:8080/ots",
        "https://two.one.example", "http://169.254.169.254"}) {
    EXPECT_EQ(allowed->Find(uri).status().code(), absl::StatusCode::kPermissionDenied) << uri;
  }
  EXPECT_EQ(allowed->Find("file:///etc/passwd").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(allowed->Find("").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(AllowedCalendars, WithANonsensicalPatternAreRefused) {
  for (const char* pattern :
       {"*.calendar.example", "https://*", "https://*.", "https://*.example", "https://a.*.example",
        "https://**.calendar.example", "https://*calendar.example", "", "://"}) {
    const absl::Status status = AllowedCalendars::Parse({pattern}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << pattern;
  }
}

}  // namespace
}  // namespace cairn::anchor
