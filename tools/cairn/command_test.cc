#include "tools/cairn/command.h"

#include <gtest/gtest.h>

#include <string>

namespace cairn::cli {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  for (const std::string text : {"", "plain ~ text", "\u00a0\u00e9\u2014\u2065\u206a\U0001f600"}) {
    EXPECT_EQ(Printable(text), text);
  }
}

TEST(Printable, EscapesWhatDrivesATerminal) {
  EXPECT_EQ(Printable(std::string("a\0b\x1b[2J\n\x7f", 9)), "a\\x00b\\x1b[2J\\x0a\\x7f");
  EXPECT_EQ(Printable("\u0080\u009b\u009f"), "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f");
}

TEST(Printable, EscapesWhatTurnsTheDirectionOfWriting) {
  EXPECT_EQ(Printable("\u202a\u202e"), "\\xe2\\x80\\xaa\\xe2\\x80\\xae");
  EXPECT_EQ(Printable("\u2066x\u2069"), "\\xe2\\x81\\xa6x\\xe2\\x81\\xa9");
}

TEST(Printable, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(Printable("\x9b\xff"), "\\x9b\\xff");
  EXPECT_EQ(Printable("\xe2\x80"), "\\xe2\\x80");
  EXPECT_EQ(Printable("\xed\xa0\x80"
                      "a"),
            "\\xed\\xa0\\x80"
            "a");
}

TEST(PrintableLines, LeavesTheEndsOfLines) {
  EXPECT_EQ(PrintableLines("a\n\x1b\n\nb\n"), "a\n\\x1b\n\nb\n");
}

}  // namespace
}  // namespace cairn::cli
