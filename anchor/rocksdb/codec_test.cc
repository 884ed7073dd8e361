#include "anchor/rocksdb/codec.h"

#include <functional>
#include <string>
#include <vector>

#include "anchor/rocksdb/testing/samples.h"
#include "gtest/gtest.h"

namespace cairn::anchor::codec {
namespace {

using Rewrite = std::function<absl::StatusOr<std::string>(absl::string_view)>;

struct Case {
  std::string row;
  Rewrite rewrite;  // Format of Parse.
};

std::vector<Case> Cases() {
  const Round round = testing::SampleRound(3, "a note");
  const ReceiptHead head = testing::SampleReceipt(3, "tsa").head;
  return {
      {FormatRoundHead(round.head),
       [](absl::string_view row) -> absl::StatusOr<std::string> {
         const auto parsed = ParseRoundHead(3, row);
         if (!parsed.ok()) return parsed.status();
         return FormatRoundHead(*parsed);
       }},
      {FormatRoundBody(round),
       [head = round.head](absl::string_view row) -> absl::StatusOr<std::string> {
         const auto parsed = ParseRoundBody(head, row);
         if (!parsed.ok()) return parsed.status();
         return FormatRoundBody(*parsed);
       }},
      {FormatReceiptHead(head),
       [](absl::string_view row) -> absl::StatusOr<std::string> {
         const auto parsed = ParseReceiptHead(3, "tsa", row);
         if (!parsed.ok()) return parsed.status();
         return FormatReceiptHead(*parsed);
       }},
      {FormatReceiptBytes({.request = "request", .native = "native"}),
       [](absl::string_view row) -> absl::StatusOr<std::string> {
         const auto parsed = ParseReceiptBytes(row);
         if (!parsed.ok()) return parsed.status();
         return FormatReceiptBytes(*parsed);
       }},
      {FormatRule(testing::SampleRule(2)),
       [](absl::string_view row) -> absl::StatusOr<std::string> {
         const auto parsed = ParseRule(2, row);
         if (!parsed.ok()) return parsed.status();
         return FormatRule(*parsed);
       }},
      {FormatGap(testing::SampleGap(4)),
       [](absl::string_view row) -> absl::StatusOr<std::string> {
         const auto parsed = ParseGap(4, row);
         if (!parsed.ok()) return parsed.status();
         return FormatGap(*parsed);
       }},
      {FormatSpent({.anchor = "tsa", .day = 20'000, .requests = 7}),
       [](absl::string_view row) -> absl::StatusOr<std::string> {
         const auto parsed = ParseSpent("tsa", row);
         if (!parsed.ok()) return parsed.status();
         return FormatSpent(*parsed);
       }},
      {FormatEvent(testing::SampleEvent(9)),
       [](absl::string_view row) -> absl::StatusOr<std::string> {
         const auto parsed = ParseEvent(9, row);
         if (!parsed.ok()) return parsed.status();
         return FormatEvent(*parsed);
       }},
  };
}

TEST(Rows, ComeBackAsTheyWereAndOtherwiseAreDamage) {
  for (const Case& row_case : Cases()) {
    const auto same = row_case.rewrite(row_case.row);
    ASSERT_TRUE(same.ok()) << same.status();
    EXPECT_EQ(*same, row_case.row);
    for (size_t size = 0; size < row_case.row.size(); ++size) {
      EXPECT_EQ(row_case.rewrite(row_case.row.substr(0, size)).status().code(),
                absl::StatusCode::kDataLoss);
    }
    EXPECT_EQ(row_case.rewrite(row_case.row + '\0').status().code(), absl::StatusCode::kDataLoss);
    // Another byte is another row or damage, never the same row.
    for (size_t i = 0; i < row_case.row.size(); ++i) {
      std::string mutant = row_case.row;
      mutant[i] = static_cast<char>(mutant[i] ^ 0x80);
      const auto rewritten = row_case.rewrite(mutant);
      if (rewritten.ok()) {
        EXPECT_EQ(*rewritten, mutant);
      } else {
        EXPECT_EQ(rewritten.status().code(), absl::StatusCode::kDataLoss);
      }
    }
  }
}

TEST(Rows, HoldEveryMember) {
  const Round round = testing::SampleRound(3, "a note");
  EXPECT_EQ(
      *ParseRoundBody(*ParseRoundHead(3, FormatRoundHead(round.head)), FormatRoundBody(round)),
      round);
  const ReceiptHead head = testing::SampleReceipt(3, "tsa").head;
  EXPECT_EQ(*ParseReceiptHead(3, "tsa", FormatReceiptHead(head)), head);
  EXPECT_EQ(*ParseRule(2, FormatRule(testing::SampleRule(2))), testing::SampleRule(2));
  EXPECT_EQ(*ParseGap(4, FormatGap(testing::SampleGap(4))), testing::SampleGap(4));
  EXPECT_EQ(*ParseEvent(9, FormatEvent(testing::SampleEvent(9))), testing::SampleEvent(9));
}

TEST(Rows, HoldANoteToItsDigest) {
  const Round round = testing::SampleRound(3, "a note");
  Round other = round;
  other.note[0] = 'A';
  EXPECT_EQ(ParseRoundBody(round.head, FormatRoundBody(other)).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace cairn::anchor::codec
