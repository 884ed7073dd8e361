#include "merkle/note/text.h"

#include <string>

#include "gtest/gtest.h"
#include "merkle/note/note_testing.h"

namespace cairn::note {
namespace {

TEST(ParseDecimal, ReadsNumbersUpToTheLargestTreeSize) {
  EXPECT_EQ(*ParseDecimal("0"), 0u);
  EXPECT_EQ(*ParseDecimal("7"), 7u);
  EXPECT_EQ(*ParseDecimal("10"), 10u);
  EXPECT_EQ(*ParseDecimal("9223372036854775807"), 9223372036854775807u);
}

TEST(ParseDecimal, RefusesEveryOtherSpelling) {
  ExpectMalformed(ParseDecimal("").status(), "missing");
  for (const char* text : {"+5", "-5", " 5", "5 ", "5\n", "0x5", "5.0", "five", "1e3", "1,000"}) {
    ExpectMalformed(ParseDecimal(text).status(), "digits 0 to 9");
  }
  ExpectMalformed(ParseDecimal(absl::string_view("5\0", 2)).status(), "digits 0 to 9");
  for (const char* text : {"05", "00", "007"}) {
    ExpectMalformed(ParseDecimal(text).status(), "leading zeros");
  }
  for (const char* text : {"9223372036854775808", "18446744073709551615", "18446744073709551616",
                           "99999999999999999999999999"}) {
    ExpectMalformed(ParseDecimal(text).status(), "above 2^63 - 1");
  }
}

TEST(ParseBase64, ReadsWhatFormatBase64Writes) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(*ParseBase64(FormatBase64(bytes)), bytes);
    bytes.push_back(static_cast<char>(i));
  }
  EXPECT_EQ(FormatBase64("\xFB\xFF"), "+/8=");
}

TEST(ParseBase64, RefusesEveryOtherSpelling) {
  for (const char* text :
       {"AA", "AA=", "AAA", "A", "=", "====", "AA==AA==", "AB==", "AAB=", "-_8=", " AAA=", "AAA= ",
        "AA A=", "AAA=\n", "A\nAA=", "AA..", "AAAA=", "AAAA====", "!!notbase64!!"}) {
    ExpectMalformed(ParseBase64(text).status(), "not canonical base64");
  }
  ExpectMalformed(ParseBase64(absl::string_view("AAA\0", 4)).status(), "not canonical base64");
}

TEST(ParseBase64, DoesNotRepeatItsInputInErrors) {
  EXPECT_EQ(ParseBase64("c2VjcmV0!").status().message().find("c2Vj"), absl::string_view::npos);
}

TEST(ParseBase64Hash, Needs32Bytes) {
  EXPECT_EQ(*ParseBase64Hash(FormatBase64(std::string(32, 'a'))),
            *Hash::FromBytes(std::string(32, 'a')));
  ExpectMalformed(ParseBase64Hash(FormatBase64(std::string(31, 'a'))).status(), "32 bytes");
  ExpectMalformed(ParseBase64Hash(FormatBase64(std::string(33, 'a'))).status(), "32 bytes");
  ExpectMalformed(ParseBase64Hash("").status(), "32 bytes");
  ExpectMalformed(ParseBase64Hash("*").status(), "base64");
}

TEST(ParseHex, ReadsLowerCasePairsOnly) {
  EXPECT_EQ(*ParseHex(""), "");
  EXPECT_EQ(*ParseHex("00ff1a"), std::string("\x00\xFF\x1A", 3));
  EXPECT_EQ(FormatHex(*ParseHex("00ff1a")), "00ff1a");
  ExpectMalformed(ParseHex("0").status(), "even number");
  for (const char* text : {"0F", "0x", " 0", "0g", "0\n", "/0", ":0", "`0"}) {
    ExpectMalformed(ParseHex(text).status(), "digits 0 to 9 and a to f");
  }
}

TEST(IsValidUtf8, TakesEveryLengthAtItsBounds) {
  for (const char* text :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "\xE2\x80\x94 name"}) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
  }
}

TEST(IsValidUtf8, RefusesOverlongSurrogateBeyondAndCutForms) {
  for (const char* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF", "\xC2", "\xE2\x80",
        "\xF0\x90\x80", "\xC2\x61", "\xE2\x80\x61", "a\xC2"}) {
    EXPECT_FALSE(IsValidUtf8(text)) << FormatHex(text);
  }
}

TEST(HasUnicodeSpace, FindsEveryWhiteSpaceCodePoint) {
  for (const char* text :
       {"a b", "\t", "\n", "\x0B", "\x0C", "\r", "\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80",
        "\xE2\x80\x80", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF",
        "\xE2\x81\x9F", "\xE3\x80\x80", "x\xE3\x80\x80y"}) {
    EXPECT_TRUE(HasUnicodeSpace(text)) << FormatHex(text);
  }
  // A zero-width space does not have the property; nor have control characters in general.
  for (const char* text : {"", "abc", "\xE2\x80\x8B", "\xE2\x80\x94", "\x01", "\x1F", "\xFF"}) {
    EXPECT_FALSE(HasUnicodeSpace(text)) << FormatHex(text);
  }
}

}  // namespace
}  // namespace cairn::note
