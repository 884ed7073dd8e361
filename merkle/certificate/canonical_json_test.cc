#include "merkle/certificate/canonical_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"

namespace cairn::certificate {
namespace {

using ::testing::HasSubstr;

std::string Canonical(const std::string& text) {
  const absl::StatusOr<std::string> canonical = Canonicalize(text);
  EXPECT_TRUE(canonical.ok()) << text << ": " << canonical.status();
  return canonical.value_or("");
}

void ExpectRefused(const std::string& text, const std::string& reason) {
  const absl::Status status = Canonicalize(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_THAT(std::string(status.message()), HasSubstr(reason)) << text;
}

TEST(Canonicalize, TakesAnyValueAtTheTop) {
  EXPECT_EQ(Canonical(" null "), "null");
  EXPECT_EQ(Canonical("true"), "true");
  EXPECT_EQ(Canonical("false"), "false");
  EXPECT_EQ(Canonical("\"x\""), "\"x\"");
  EXPECT_EQ(Canonical("[ ]"), "[]");
  EXPECT_EQ(Canonical("{ }"), "{}");
}

TEST(Canonicalize, SortsNamesByUtf16CodeUnits) {
  // U+1F602 is D83D DE02 in UTF-16 and so comes before U+E000 and U+FB33, after U+D7FF.
  EXPECT_EQ(Canonical(R"({"\uFB33":1,"\uD83D\uDE02":2,"\uE000":3,"\uD7FF":4,"a":5,"":6,"ab":7})"),
            "{\"\":6,\"a\":5,\"ab\":7,\"\xED\x9F\xBF\":4,\"\xF0\x9F\x98\x82\":2,\"\xEE\x80\x80\":3,"
            "\"\xEF\xAC\xB3\":1}");
}

TEST(Canonicalize, EscapesOnlyWhatMustBe) {
  EXPECT_EQ(Canonical(R"("\u0000\u0001\b\t\n\f\r\u001F\u007f\"\\\/\u2028")"),
            "\"\\u0000\\u0001\\b\\t\\n\\f\\r\\u001f\x7f\\\"\\\\/\xE2\x80\xA8\"");
}

TEST(Canonicalize, PrintsNumbersAsEcmaScriptDoes) {
  EXPECT_EQ(
      Canonical("[1.0,-0,0.0,-0.0,1e20,1e21,1e-6,1e-7,5e-324,1.7976931348623157e308,4.50]"),
      "[1,0,0,0,100000000000000000000,1e+21,0.000001,1e-7,5e-324,1.7976931348623157e+308,4.5]");
}

TEST(Canonicalize, TakesIntegersToTheNearestDouble) {
  EXPECT_EQ(Canonical("[9007199254740993,9007199254740995,-9007199254740993]"),
            "[9007199254740992,9007199254740996,-9007199254740992]");
  EXPECT_EQ(Canonical("[9223372036854775807,18446744073709551615,18446744073709551616]"),
            "[9223372036854776000,18446744073709552000,18446744073709552000]");
  EXPECT_EQ(Canonical("295147905179352825856"), "295147905179352830000");
}

TEST(Canonicalize, IsAFixedPointOfItself) {
  const std::string once = Canonical(R"({"b":[1e3,{"z":"\u00e9","a":null}],"a":"\ud83d\ude00"})");
  EXPECT_EQ(Canonical(once), once);
}

TEST(Canonicalize, RefusesNumbersBeyondBinary64) {
  for (const char* text : {"1e400", "[-1e400]", "{\"a\":1e309}"}) {
    ExpectRefused(text, "is beyond binary64");
  }
  ExpectRefused(std::string(400, '9'), "is beyond binary64");
}

TEST(Canonicalize, RefusesWhatIsNoJsonNumber) {
  for (const char* text :
       {"NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x10", "1e", "-"}) {
    ExpectRefused(text, "not a JSON text");
  }
}

TEST(Canonicalize, RefusesANameThatAppearsTwice) {
  ExpectRefused(R"({"a":1,"a":1})", "`a` appears twice");
  ExpectRefused(R"([{"x":{"a":1,"b":2,"\u0061":3}}])", "`a` appears twice");
  EXPECT_EQ(Canonical(R"({"a":{"a":1},"b":{"a":1}})"), R"({"a":{"a":1},"b":{"a":1}})");
}

TEST(Canonicalize, RepeatsNoLongTextInItsReasons) {
  const std::string name(500, 'x');
  ExpectRefused(absl::StrCat("{\"", name, "\":1,\"", name, "\":1}"),
                "the name `(500 bytes)` appears twice");
  ExpectRefused(std::string(400, '9'), "the number `(400 bytes)` is beyond");
}

TEST(Canonicalize, RefusesLoneSurrogates) {
  for (const char* text : {R"("\ud800")", R"("\udead")", R"("\ud800\ud800")", R"("\udc00\ud800")",
                           R"({"\ud83d":1})", "\"\xED\xA0\x80\""}) {
    ExpectRefused(text, "not a JSON text");
  }
}

TEST(Canonicalize, RefusesWhatIsNotUtf8) {
  for (const char* text : {"\"\xff\"", "\"\xC0\x80\"", "\"\xE0\x80\xAF\"", "\"\xF5\x80\x80\x80\"",
                           "\"\xE2\x82\"", "\"\x80\""}) {
    ExpectRefused(text, "not a JSON text");
  }
}

TEST(Canonicalize, RefusesAByteOrderMark) { ExpectRefused("\xEF\xBB\xBF{}", "byte order mark"); }

TEST(Canonicalize, RefusesNulAnywhere) {
  ExpectRefused(std::string("{}\0", 3), "NUL at byte 3");
  ExpectRefused(std::string("\"\0\"", 3), "NUL at byte 2");
}

TEST(Canonicalize, RefusesWhatIsNotOneText) {
  for (const char* text : {"", " ", "{", "}", "[1,]", "{\"a\":}", "{\"a\" 1}", "{a:1}", "{'a':1}",
                           "1 2", "{}{}", "[1,,3]", "// x\n1", "tru", "\"a", "\"\t\"", "\"\\x\""}) {
    ExpectRefused(text, "not a JSON text");
  }
}

TEST(Canonicalize, BoundsTheDepth) {
  const auto nested = [](int depth) {
    return absl::StrCat(std::string(depth, '['), std::string(depth, ']'));
  };
  EXPECT_EQ(Canonical(nested(kMaxDepth)), nested(kMaxDepth));
  ExpectRefused(nested(kMaxDepth + 1), "nested deeper than 512");
  ExpectRefused(std::string(1'000'000, '['), "nested deeper than 512");
}

TEST(ParseStrict, GivesOnlyDoubles) {
  const nlohmann::json value = ParseStrict("[1,-1,1.5,18446744073709551615]").value();
  for (const nlohmann::json& number : value) EXPECT_TRUE(number.is_number_float());
}

}  // namespace
}  // namespace cairn::certificate
