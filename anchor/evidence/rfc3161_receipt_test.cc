#include "anchor/evidence/rfc3161_receipt.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/der.h"
#include "gtest/gtest.h"

namespace cairn::rfc3161 {
namespace {

std::string Item(const std::string& content) {
  return der::Wrap(der::kSequence, der::Wrap(0x04, content));
}
std::string Bytes(absl::string_view hex) { return absl::HexStringToBytes(hex); }

void ExpectMalformed(absl::string_view bytes, absl::string_view reason) {
  const auto receipt = ParseReceipt(bytes);
  EXPECT_EQ(receipt.status().code(), absl::StatusCode::kInvalidArgument) << receipt.status();
  EXPECT_TRUE(absl::StrContains(receipt.status().message(), reason)) << receipt.status();
}

TEST(Receipt, WithoutSideDataIsTheResponse) {
  const Receipt receipt{.response = Item("response")};
  EXPECT_EQ(*FormatReceipt(receipt), receipt.response);
  EXPECT_EQ(*ParseReceipt(receipt.response), receipt);
}

TEST(Receipt, HasTheDocumentedBytes) {
  const Receipt receipt{.response = Item("r"), .certificates = {Item("c")}, .crls = {Item("l")}};
  EXPECT_EQ(absl::BytesToHexString(*FormatReceipt(receipt)),
            "3003040172"
            "300e"
            "30053003040163"
            "3005300304016c");
}

TEST(Receipt, IsWrittenBackAsItWasRead) {
  const std::string one = Item("1");
  const std::string two = Item(std::string(300, '2'));
  const std::string large = Item(std::string(60'000, '3'));
  for (const Receipt& receipt :
       {Receipt{.response = one, .certificates = {two, one}},
        Receipt{.response = one, .crls = {two}},
        Receipt{.response = large, .certificates = {two}, .crls = {large}}}) {
    const auto bytes = FormatReceipt(receipt);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const auto parsed = ParseReceipt(*bytes);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, receipt);
    EXPECT_TRUE(absl::StartsWith(*bytes, receipt.response));
  }
}

TEST(Receipt, HasOneFormOnly) {
  const std::string response = Item("r");
  const auto with = [&](absl::string_view side) { return response + Bytes(side); };
  ExpectMalformed("", "cut off");
  ExpectMalformed(with("300430003000"), "say nothing");
  ExpectMalformed(with("30073005300304016300"), "");
  ExpectMalformed(with("3007"
                       "3005"
                       "3003040163"),
                  "cut off");
  ExpectMalformed(with("300b"
                       "3005"
                       "3003040163"
                       "3000"
                       "3000"),
                  "more than");
  ExpectMalformed(with("3009"
                       "3005"
                       "3003040163"
                       "3000"
                       "00"),
                  "after the end");
  ExpectMalformed(with("3109"
                       "3005"
                       "3003040163"
                       "3000"),
                  "no sequence");
  ExpectMalformed(with("3009"
                       "3105"
                       "3003040163"
                       "3000"),
                  "no sequence");
  ExpectMalformed(with("3009"
                       "3005"
                       "3103040163"
                       "3000"),
                  "no sequence");
  ExpectMalformed(with("308109"
                       "3005"
                       "3003040163"
                       "3000"),
                  "shortest form");
  ExpectMalformed(with("3080"
                       "3005"
                       "3003040163"
                       "3000"
                       "0000"),
                  "not known");
  ExpectMalformed(with("300e"
                       "300a"
                       "3003040163"
                       "3003040163"
                       "3000"),
                  "twice");
  ExpectMalformed(Bytes("020100"), "no sequence");
  ExpectMalformed(Bytes("3003048101"), "shortest form");
}

TEST(Receipt, HasLimits) {
  Receipt many{.response = Item("r")};
  for (int i = 0; i < 9; ++i) many.crls.push_back(Item(absl::StrCat(i)));
  EXPECT_EQ(FormatReceipt(many).status().code(), absl::StatusCode::kInvalidArgument);
  many.crls.pop_back();
  EXPECT_TRUE(FormatReceipt(many).ok());
  EXPECT_FALSE(FormatReceipt({.response = Item(std::string(kMaxResponseBytes, 'x'))}).ok());
  EXPECT_FALSE(
      FormatReceipt({.response = Item("r"), .crls = {Item(std::string(kMaxReceiptBytes, 'x'))}})
          .ok());
  ExpectMalformed(std::string(kMaxReceiptBytes + 1, '0'), "too long");
}

TEST(Der, IsOneElementAllTheWayDown) {
  EXPECT_TRUE(der::CheckForm(Bytes("0500")).ok());
  EXPECT_TRUE(der::CheckForm(Bytes("30060500a0020500")).ok());
  EXPECT_TRUE(der::CheckForm(der::Wrap(0x04, std::string(200, 'x'))).ok());
  std::string deep;
  for (int i = 0; i < 32; ++i) deep = der::Wrap(der::kSequence, deep);
  EXPECT_TRUE(der::CheckForm(deep.substr(2)).ok());
  EXPECT_FALSE(der::CheckForm(der::Wrap(der::kSequence, deep)).ok());
  for (const char* hex :
       {"", "05", "0501", "050000", "30800000", "3003050000", "2404040100", "048101ff",
        "04820001ff", "1f0100", "0000", "0485000000000100", "30060500a0020501"}) {
    EXPECT_FALSE(der::CheckForm(Bytes(hex)).ok()) << hex;
  }
}

}  // namespace
}  // namespace cairn::rfc3161
