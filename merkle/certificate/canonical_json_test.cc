#include "merkle/certificate/canonical_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cairn::certificate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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
  ExpectRefused("{\"a\":[0e400]}", "is beyond binary64, in a[0]");
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
  ExpectRefused(std::string(400, '9'), "the number at byte 1 is beyond");
}

TEST(Canonicalize, RefusesLoneSurrogates) {
  for (const char* text : {R"("\ud800")", R"("\udead")", R"("\ud800\ud800")", R"("\udc00\ud800")",
                           R"({"\ud83d":1})", "\"\xED\xA0\x80\""}) {
    ExpectRefused(text, "not a JSON text");
  }
}

std::string Wtf8(const std::string& text) {
  const absl::StatusOr<ParsedText> parsed = ParseText(text);
  EXPECT_TRUE(parsed.ok()) << text << parsed.status();
  return parsed.ok() ? CanonicalJson(parsed->value) : "";
}

TEST(ParseText, KeepsLoneSurrogates) {
  EXPECT_EQ(Wtf8(R"(["\uD83D","\uDE00x","\ud83d\ude00","\ud83d\ud83d\ude00\\ud83d"])"),
            "[\"\\ud83d\",\"\\ude00x\",\"\xF0\x9F\x98\x80\",\"\\ud83d\xF0\x9F\x98\x80\\\\ud83d\"]");
  EXPECT_EQ(Wtf8(R"({"\uDFFF":{"a":"\ud800"}})"), R"({"\udfff":{"a":"\ud800"}})");
  EXPECT_EQ(ParseText(R"({"x":[1,"\ud800"]})").value().lone_surrogate, "x[1]");
  EXPECT_EQ(ParseText(R"("\ud800")").value().lone_surrogate, "");
  EXPECT_EQ(ParseText(R"("\ud83d\ude00")").value().lone_surrogate, std::nullopt);
  // What stands for them while they are read may stand in the text too.
  EXPECT_EQ(Wtf8("[\"\xEF\xB7\x90"
                 "d83d\\ud83d\\uFDD1\"]"),
            "[\"\xEF\xB7\x90"
            "d83d\\ud83d\xEF\xB7\x91\"]");
  std::string all = "[\"\\ud83d\"";
  for (int last = 0xD0; last <= 0xEF; ++last)
    absl::StrAppend(&all, ",\"\\ufd", absl::Hex(last), "\"");
  EXPECT_EQ(ParseText(all + "]").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ParseText, SortsLoneSurrogatesAsUtf16Does) {
  // D83D, then D83D DE00, then D83E, then E000, then FFFF.
  EXPECT_EQ(Wtf8(R"({"\uffff":1,"\ue000":2,"\ud83e":3,"\ud83d\ude00":4,"\ud83d":5,"z":6})"),
            "{\"z\":6,\"\\ud83d\":5,\"\xF0\x9F\x98\x80\":4,\"\\ud83e\":3,\"\xEE\x80\x80\":2,"
            "\"\xEF\xBF\xBF\":1}");
}

TEST(Hashes, AreThoseOfTheCanonicalForm) {
  const std::string large(10'000, 'x');
  const std::string text =
      absl::StrCat(R"({"b":")", large, R"(\n","a":[1,2.5,null,true,{"c":"\ud83d"}],"é":-7})");
  const Json value = ParseText(text).value().value;
  EXPECT_EQ(CanonicalHash(value), merkle::Sha256(CanonicalJson(value)));
  EXPECT_EQ(
      CanonicalHash(value, [](absl::string_view name) { return name == "é" || name == "none"; }),
      merkle::Sha256("{\"é\":-7}"));
  EXPECT_EQ(CanonicalHash(value, [](absl::string_view) { return false; }), merkle::Sha256("{}"));
  EXPECT_EQ(RawHash("\xED\xA0\xBD!"), merkle::Sha256("\xEF\xBF\xBD!"));
  EXPECT_EQ(RawHash("\xED\x9F\xBF"), merkle::Sha256("\xED\x9F\xBF"));
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
  ExpectRefused(nested(kMaxDepth + 1), absl::StrCat("nested deeper than ", kMaxDepth));
  ExpectRefused(std::string(1'000'000, '['), absl::StrCat("nested deeper than ", kMaxDepth));
}

TEST(Canonicalize, SaysWhereItRefusedSomething) {
  ExpectRefused(R"({"snapshot":{"input":[{},{"a":1e400}]}})",
                "is beyond binary64, in snapshot.input[1].a");
  ExpectRefused(R"({"snapshot":{"input":[[1],[2,-1e309]]}})",
                "is beyond binary64, in snapshot.input[1][1]");
  ExpectRefused(R"({"a":{"b":1},"c":{"d":1,"d":2}})", "c: the name `d` appears twice");
  ExpectRefused(R"({"a":{"":[{"d":1,"d":2}]}})", "a[\"\"][0]: the name `d` appears twice");
  ExpectRefused(R"({"a":1,"b.c":{"\n":"\ud800"}})", "in [\"b.c\"][\"\\n\"]");
  ExpectRefused("{\"a\":[1,\"\xff\"]}", "other bytes than UTF-8 has, in a[1]");
  ExpectRefused("{\"a\":[1,x]}", "unexpected input at byte 9, in a[1]");
  ExpectRefused(R"({"a":{"b":"x)", "it ends early at byte 12, in a.b");
  ExpectRefused(R"({"a":{"b":1},)", "it ends early at byte 13");
  ExpectRefused(absl::StrCat("{\"a\":", std::string(1000, '[')), "a[0][0]");
}

std::vector<std::string> Rounded(const std::string& text) {
  const absl::StatusOr<ParsedText> parsed = ParseText(text);
  EXPECT_TRUE(parsed.ok()) << text << parsed.status();
  std::vector<std::string> lines;
  for (const RoundedNumber& number : parsed.value().rounded) {
    lines.push_back(absl::StrJoin({number.path, number.text, number.canonical}, " "));
  }
  return lines;
}

TEST(RoundedNumbers, AreThoseWhoseDecimalValueTheCanonicalFormDoesNotHave) {
  EXPECT_THAT(
      Rounded(R"({"n":9007199254740993,"m":-9007199254740993,"u":18446744073709551615,
                  "b":123456789012345678901234567890,"i":9007199254740993.0,
                  "d":0.1000000000000000055,"e":1.0000000000000001,"z":1e-400,"y":-1e-400,
                  "s":4.9e-324,"t":1764543600123456768,"l":[9223372036854775807,[1e16,0.30000000000000001]]})"),
      ElementsAre("n 9007199254740993 9007199254740992", "m -9007199254740993 -9007199254740992",
                  "u 18446744073709551615 18446744073709552000",
                  "b 123456789012345678901234567890 1.2345678901234568e+29",
                  "i 9007199254740993.0 9007199254740992", "d 0.1000000000000000055 0.1",
                  "e 1.0000000000000001 1", "z 1e-400 0", "y -1e-400 0", "s 4.9e-324 5e-324",
                  "t 1764543600123456768 1764543600123456800",
                  "l[0] 9223372036854775807 9223372036854776000",
                  "l[1][1] 0.30000000000000001 0.3"));
}

TEST(RoundedNumbers, AreNotThoseThatAreOnlySpeltOtherwise) {
  EXPECT_THAT(Rounded(R"([1.0,1e2,1E+2,1.50,-0,-0.0,0e99,0.000,100000000000000000000000,
                          9007199254740992,-9007199254740992,9007199254740994,0.1,0.30,5e-324,
                          1.7976931348623157e308,12345678901234567000,4.50e-7,
                          1e-300,1e300,1.00000000000000000000000000000000000000000000e0])"),
              IsEmpty());
}

TEST(RoundedNumbers, AreListedUpToABound) {
  const auto many = [](size_t count) {
    return absl::StrCat(
        "[", absl::StrJoin(std::vector<std::string>(count, "9007199254740993"), ","), "]");
  };
  const ParsedText all = ParseText(many(kMaxRounded)).value();
  EXPECT_EQ(all.rounded.size(), kMaxRounded);
  EXPECT_EQ(all.rounded.back().path, absl::StrCat("[", kMaxRounded - 1, "]"));
  EXPECT_FALSE(all.more_rounded);
  EXPECT_TRUE(ParseText(many(kMaxRounded + 1)).value().more_rounded);
}

TEST(RoundedNumbers, HaveNoneLeftInCanonicalForm) {
  const std::string text = "[9007199254740993,0.1000000000000000055,1e-400,123456789e-330]";
  EXPECT_EQ(Rounded(text).size(), 4);
  EXPECT_THAT(Rounded(Canonical(text)), IsEmpty());
}

TEST(ParseStrict, GivesOnlyDoubles) {
  const nlohmann::json value = ParseStrict("[1,-1,1.5,18446744073709551615]").value();
  for (const nlohmann::json& number : value) EXPECT_TRUE(number.is_number_float());
}

}  // namespace
}  // namespace cairn::certificate
