#include "merkle/certificate/record_signs.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace cairn::certificate {
namespace {

std::string Utf16(const std::string& text, bool big_endian) {
  std::string out = big_endian ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : text) {
    out += big_endian ? std::string{'\0', c} : std::string{c, '\0'};
  }
  return out;
}

TEST(LooksLikeRecord, SeesOneInWhatCannotBeReadAsOne) {
  const std::string record = R"({"bundleType":"cer.ai.execution.v1","snapshot":{}})";
  for (const std::string& bytes :
       {record, absl::StrCat("\xEF\xBB\xBF", record), absl::StrCat(" \r\n\t", record),
        absl::StrCat(record, "}"), record.substr(0, 14), Utf16(record, true), Utf16(record, false),
        std::string(R"({"certificateHash")"), std::string(R"({"bundle\u0054ype":1)"),
        std::string(R"({"\u0063ertificateHas\u0068":1)"), std::string(R"({a":"b","bundleType":1})"),
        std::string(R"({"cer":{"bundleType":"x"}})")}) {
    EXPECT_TRUE(LooksLikeRecord(bytes)) << bytes;
  }
}

TEST(LooksLikeRecord, SeesNoneInOtherFiles) {
  for (const std::string& bytes :
       {std::string(), std::string("{"), std::string(R"({"a":1})"),
        std::string(R"(["bundleType"])"), std::string(R"("bundleType")"),
        std::string(R"({\rtf1 bundleType})"), std::string(R"({"bundleTypes":1})"),
        std::string(R"({"bundle\u0055ype":1})"), std::string(R"({"bundle\u0054)"),
        std::string("\x89PNG {\"bundleType\"")}) {
    EXPECT_FALSE(LooksLikeRecord(bytes)) << bytes;
  }
}

TEST(RecordSigns, DoNotDependOnWhereTheFileIsCut) {
  const std::string bytes = absl::StrCat("\xEF\xBB\xBF", std::string(300, ' '), "{\"x\":\"",
                                         std::string(300, 'x'), R"(","bundle\u0054ype":1})");
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    RecordSigns signs;
    if (signs.Take(bytes.substr(0, cut))) signs.Take(bytes.substr(cut));
    EXPECT_TRUE(signs.found()) << cut;
  }
  RecordSigns by_bytes;
  size_t taken = 0;
  while (taken < bytes.size() && by_bytes.Take(bytes.substr(taken, 1))) ++taken;
  EXPECT_TRUE(by_bytes.found());
}

TEST(RecordSigns, AreOverOnceTheFileIsNoObject) {
  RecordSigns signs;
  EXPECT_TRUE(signs.Take("  "));
  EXPECT_FALSE(signs.Take("[{\"bundleType\""));
  EXPECT_FALSE(signs.found());
}

}  // namespace
}  // namespace cairn::certificate
