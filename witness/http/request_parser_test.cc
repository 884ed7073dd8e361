#include "witness/http/request_parser.h"

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cairn::http {
namespace {

// The body of a request that comes in pieces of `piece` bytes; what is wrong, if it is none.
std::string BodyInPieces(const std::string& bytes, size_t piece) {
  RequestParser parser;
  SetLimits(Limits(), parser);
  std::string pending;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    pending += bytes.substr(at, piece);
    // The header, then the body.
    for (int part = 0; part < 2 && !parser.is_done(); ++part) {
      const Taken taken = Take(pending, parser);
      pending.erase(0, taken.bytes);
      if (taken.error) return RefusalOf(taken.error)->why;
    }
  }
  return parser.is_done() && pending.empty() ? TakeRequest(parser).body : "not done";
}

// An assertion of Beast's ended the process when the last chunk came in certain pieces.
TEST(RequestParser, TakesChunksInAnyPieces) {
  const std::string header = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* body : {"0\r\n\r\n", "3\r\nold\r\n0\r\n\r\n", "0\r\nA: b\r\n\r\n", "00\r\n\r\n",
                           "1\r\nx\r\n2\r\nyz\r\n0;a=b\r\n\r\n"}) {
    const std::string whole = header + body;
    const std::string expected = BodyInPieces(whole, whole.size());
    EXPECT_NE(expected, "not done") << body;
    for (size_t piece = 1; piece < whole.size(); ++piece) {
      EXPECT_EQ(BodyInPieces(whole, piece), expected) << body << " in pieces of " << piece;
    }
  }
  EXPECT_EQ(BodyInPieces(absl::StrCat(header, "3\r\nold\r\n0\r\n\r\n"), 1), "old");
}

TEST(RequestParser, TakesLengthsInAnyPieces) {
  const std::string whole = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nold 0\n";
  for (size_t piece = 1; piece <= whole.size(); ++piece) {
    EXPECT_EQ(BodyInPieces(whole, piece), "old 0\n") << piece;
  }
}

}  // namespace
}  // namespace cairn::http
