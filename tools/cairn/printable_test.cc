#include "tools/cairn/printable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace cairn::cli {
namespace {

using ::testing::EndsWith;

// Each byte escaped.
std::string Escaped(const std::string& bytes) {
  std::string out;
  for (const unsigned char byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out +=
        absl::StrCat("\\x", std::string(1, kDigits[byte >> 4]), std::string(1, kDigits[byte & 15]));
  }
  return out;
}

TEST(Printable, LeavesTextAsItIs) {
  for (const std::string text : {"", "plain ~ text", "\u00a0\u00e9\u2014\U0001f600", "\u6f22\u5b57",
                                 "e\u0301", "        eight", "a\u3000b"}) {
    EXPECT_EQ(Printable(text), text);
  }
}

TEST(Printable, EscapesWhatDrivesATerminal) {
  EXPECT_EQ(Printable(std::string("a\0b\x1b[2J\n\x7f", 9)), "a\\x00b\\x1b[2J\\x0a\\x7f");
  EXPECT_EQ(Printable("\u0080\u0085\u009b\u009f"), Escaped("\u0080\u0085\u009b\u009f"));
}

TEST(Printable, EscapesWhatEndsLinesTurnsThemOrHides) {
  for (const std::string character :
       {"\u2028", "\u2029", "\u0085", "\u000b", "\u000c",     "\r",         "\u202a",
        "\u202e", "\u2066", "\u2069", "\u061c", "\u200b",     "\u200c",     "\u200d",
        "\u200e", "\u200f", "\u2060", "\u2064", "\u206a",     "\ufeff",     "\u00ad",
        "\u180e", "\u3164", "\ufe0f", "\ufff9", "\U000e0001", "\U000e0041", "\U000e01ef"}) {
    EXPECT_EQ(Printable("a" + character + "b"), "a" + Escaped(character) + "b");
  }
}

TEST(Printable, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(Printable("\x9b\xff"), "\\x9b\\xff");
  EXPECT_EQ(Printable("\xe2\x80"), "\\xe2\\x80");
  EXPECT_EQ(Printable("\xed\xa0\x80"
                      "a"),
            "\\xed\\xa0\\x80"
            "a");
}

TEST(Printable, CountsBlanksThatWouldPushTextAway) {
  EXPECT_EQ(Printable("a" + std::string(9, ' ') + "b"), "a [9 blanks] b");
  EXPECT_EQ(Printable("a" + std::string(200, ' ')), "a [200 blanks] ");
  std::string wide = "a", mixed = "a";
  for (int i = 0; i < 5; ++i) absl::StrAppend(&wide, "\u3000\u2003");
  for (int i = 0; i < 3; ++i) absl::StrAppend(&mixed, " \u00a0\u2800");
  EXPECT_EQ(Printable(wide + "b"), "a [10 blanks] b");
  EXPECT_EQ(Printable(mixed + "b"), "a [9 blanks] b");
}

TEST(Printable, EscapesMarksThatWouldStandOverOtherLines) {
  std::string text = "a", shown = "a";
  for (int i = 0; i < 6; ++i) {
    text += "\u0301";
    shown += i < 4 ? "\u0301" : Escaped("\u0301");
  }
  EXPECT_EQ(Printable(text), shown);
}

TEST(Printable, CutsWhatIsTooLong) {
  const std::string text(300, 'x');
  EXPECT_EQ(Printable(text), text);
  EXPECT_EQ(Printable(text + "y"), text + "\u2026 (1 more byte)");
  EXPECT_EQ(Printable(std::string(5000, 'x')), text + "\u2026 (4700 more bytes)");
  EXPECT_EQ(Printable(std::string(299, 'x') + "\u00e9"),
            std::string(299, 'x') + "\u2026 (2 more bytes)");
  EXPECT_EQ(Printable("abcd", 2), "ab\u2026 (2 more bytes)");
}

TEST(PrintableLines, LeavesTheEndsOfLines) {
  EXPECT_EQ(PrintableLines("a\n\x1b\n\nb\n"), "a\n\\x1b\n\nb\n");
  EXPECT_EQ(PrintableLines(std::string(4096, 'x')), std::string(4096, 'x'));
  EXPECT_THAT(PrintableLines(std::string(4097, 'x')), EndsWith("(1 more byte)"));
}

TEST(Counted, KnowsOneFromMany) {
  EXPECT_EQ(Counted(0, "file"), "0 files");
  EXPECT_EQ(Counted(1, "file"), "1 file");
  EXPECT_EQ(Counted(2, "file"), "2 files");
  EXPECT_EQ(Counted(2, "entry", "entries"), "2 entries");
  EXPECT_EQ(Counted(1, "entry", "entries"), "1 entry");
}

}  // namespace
}  // namespace cairn::cli
