#include "witness/http/etag.h"

#include "gtest/gtest.h"

namespace cairn::http {
namespace {

constexpr char kTag[] = "\"abc\"";

TEST(HasTag, FindsItInAList) {
  for (const char* header : {"\"abc\"", "W/\"abc\"", " \"x\" , \"abc\"", "\"a,b\",\t\"abc\" ", "*",
                             " * ", "\"abc\",", "\"abc\", \"\""}) {
    EXPECT_TRUE(HasTag(header, kTag)) << header;
  }
}

TEST(HasTag, FindsNothingElsewhere) {
  for (const char* header :
       {"", " ", "abc", "\"ab\"", "\"abcd\"", "\"abc", "\"x\"abc\"", "\"x\" \"abc\"", "W/ \"abc\"",
        "w/\"abc\"", "**", "*, \"abc\"", "\"abc\" x", ",\"abc\""}) {
    EXPECT_FALSE(HasTag(header, kTag)) << header;
  }
}

}  // namespace
}  // namespace cairn::http
