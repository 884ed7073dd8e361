#include "anchor/evidence/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "anchor/evidence/testing/example.h"

namespace cairn::evidence {
namespace {

using ::testing::HasSubstr;

std::string Example() { return *Format(testing::MakeEvidence(testing::kSigned)); }

Evidence FirstVersion() {
  Evidence evidence = testing::MakeEvidence(testing::kSigned);
  evidence.version = 1;
  return evidence;
}

std::string ReadGolden(const std::string& name) {
  std::ifstream in("anchor/evidence/testdata/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void ExpectRefused(absl::string_view bytes, absl::string_view reason) {
  const absl::StatusOr<Evidence> parsed = Parse(bytes);
  ASSERT_FALSE(parsed.ok()) << bytes;
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(std::string(reason)));
}

// Refused with this reason once `from`, which the example has, is replaced by `to`.
void ExpectRefusedWith(absl::string_view from, absl::string_view to, absl::string_view reason) {
  const std::string example = Example();
  ASSERT_TRUE(absl::StrContains(example, from)) << from << " is not in " << example;
  ExpectRefused(absl::StrReplaceAll(example, {{from, to}}), reason);
}

TEST(Evidence, KeepsItsPublishedBytes) {
  EXPECT_EQ(*Format(FirstVersion()), ReadGolden("example.cairn.json"));
  EXPECT_EQ(*Format(testing::MakeVersion2Evidence()), ReadGolden("example-v2.cairn.json"));
}

TEST(Evidence, FirstVersionIsReadAndWrittenAsItIs) {
  const std::string bytes = *Format(FirstVersion());
  const absl::StatusOr<Evidence> parsed = Parse(bytes);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->version, 1);
  EXPECT_EQ(*Format(*parsed), bytes);
  Evidence later = *parsed;
  later.version = 2;
  EXPECT_EQ(*Format(later), absl::StrReplaceAll(bytes, {{"evidence.v1", "evidence.v2"}}));
}

TEST(Evidence, FirstVersionHasNoPlaceForWhatTheSecondAdds) {
  const Evidence all = testing::MakeVersion2Evidence();
  for (const char* member : {"renewals", "revocation", "run", "commitments"}) {
    Evidence evidence = FirstVersion();
    evidence.receipts = all.receipts;
    if (member[2] == 'n' && member[3] == 'e') evidence.renewals = all.renewals;
    if (member[2] == 'v') evidence.revocation = all.revocation;
    if (member[1] == 'u') evidence.run = all.run;
    if (member[0] == 'c') evidence.commitments = all.commitments;
    const absl::StatusOr<std::string> formatted = Format(evidence);
    ASSERT_FALSE(formatted.ok()) << member;
    EXPECT_EQ(formatted.status().message(),
              absl::StrCat("`", member, "` is no member that belongs in cairn.evidence.v1"));
    evidence.version = 2;
    ExpectRefused(absl::StrReplaceAll(*Format(evidence), {{"evidence.v2", "evidence.v1"}}),
                  absl::StrCat("`", member, "` is no member that belongs in cairn.evidence.v1"));
  }
}

// Refused with this reason once `change` was made to evidence that has everything.
void ExpectRefusedOnce(const std::function<void(Evidence&)>& change, absl::string_view reason) {
  Evidence evidence = testing::MakeVersion2Evidence();
  change(evidence);
  const absl::StatusOr<std::string> formatted = Format(evidence);
  ASSERT_FALSE(formatted.ok()) << reason;
  EXPECT_EQ(formatted.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(formatted.status().message()), HasSubstr(std::string(reason)));
}

TEST(Evidence, RefusesRenewalsThatCoverNothingOrInAnotherOrder) {
  const auto item = [](Evidence& evidence) -> Renewal& { return evidence.renewals[0]; };
  ExpectRefusedOnce([](Evidence& e) { e.renewals.assign(17, e.renewals[0]); },
                    "`renewals` has more than 16 items");
  ExpectRefusedOnce([](Evidence& e) { e.renewals.push_back(e.renewals[0]); }, "by rising size");
  ExpectRefusedOnce([](Evidence& e) { e.receipts[0].receipt += "x"; }, "of no receipt");
  ExpectRefusedOnce([&](Evidence& e) { item(e).receipts.clear(); }, "`renewals.receipts` is empty");
  ExpectRefusedOnce([&](Evidence& e) { item(e).receipts[0].anchor = "a b"; },
                    "`renewals.receipts.anchor`");
  ExpectRefusedOnce([&](Evidence& e) { item(e).receipt.bytes[0] ^= 1; },
                    "`renewals.entry` is about another receipt");
  ExpectRefusedOnce([&](Evidence& e) { item(e).entry = e.entry; },
                    "`renewals.entry` is not about a receipt");
  ExpectRefusedOnce([&](Evidence& e) { item(e).entry.pop_back(); }, "`renewals.entry` is refused");
  ExpectRefusedOnce([&](Evidence& e) { item(e).proof.extra = "x"; },
                    "`renewals.proof` must not have an `extra` line");
}

TEST(Evidence, RefusesRevocationListsThatAreNoneOrInAnotherOrder) {
  ExpectRefusedOnce([](Evidence& e) { e.revocation.push_back(e.revocation[0]); }, "none twice");
  ExpectRefusedOnce([](Evidence& e) { e.revocation.push_back(std::string("\x30\0", 2)); },
                    "sorted");
  ExpectRefusedOnce([](Evidence& e) { e.revocation[0].pop_back(); }, "not DER");
  ExpectRefusedOnce([](Evidence& e) { e.revocation[0] = std::string("\x02\x01\x05", 3); },
                    "is no CertificateList");
  ExpectRefusedOnce([](Evidence& e) { e.revocation.assign(17, e.revocation[0]); },
                    "`revocation` has more than 16 items");
}

TEST(Evidence, RefusesRunsWithoutARecordOrAStatement) {
  ExpectRefusedOnce([](Evidence& e) { e.run->record.clear(); }, "`run.record` must be 1 to 65536");
  ExpectRefusedOnce([](Evidence& e) { e.run->record.assign(65'537, 'x'); }, "`run.record` must be");
  ExpectRefusedOnce([](Evidence& e) { e.run->entry = e.renewals[0].entry; },
                    "`run.entry` is refused");
  ExpectRefusedOnce([](Evidence& e) { e.run->proof.extra = "x"; }, "`run.proof`");
}

TEST(Evidence, RefusesCommitmentsOutOfOrderOrThatAreNoPaths) {
  ExpectRefusedOnce([](Evidence& e) { e.commitments.assign(65, e.commitments[0]); },
                    "`commitments` has more than 64 items");
  ExpectRefusedOnce([](Evidence& e) { std::swap(e.commitments[0], e.commitments[1]); }, "sorted");
  ExpectRefusedOnce([](Evidence& e) { e.commitments[1] = e.commitments[0]; }, "different paths");
  for (const std::string& bad : {std::string("output"), std::string("/a~"), std::string("/a~2"),
                                 std::string("/\xff"), std::string(1025, '/')}) {
    ExpectRefusedOnce([&](Evidence& e) { e.commitments[1].path = bad; }, "a JSON pointer");
  }
  ExpectRefusedOnce([](Evidence& e) { e.commitments[0].value = "\xff"; }, "`commitments.value`");
  Evidence whole = testing::MakeVersion2Evidence();
  whole.commitments = {{.path = "", .salt = {}, .value = ""},
                       {.path = "/a~0b~1c", .salt = {}, .value = "\n"}};
  EXPECT_EQ(*Parse(*Format(whole)), whole);
}

TEST(Evidence, RefusesUnknownRepeatedAndMissingMembersOfVersion2) {
  const std::string example = *Format(testing::MakeVersion2Evidence());
  const auto refused_with = [&](absl::string_view from, absl::string_view to,
                                absl::string_view reason) {
    ASSERT_TRUE(absl::StrContains(example, from)) << from;
    ExpectRefused(absl::StrReplaceAll(example, {{from, to}}), reason);
  };
  refused_with("\"renewals\"", "\"renewal\"", "`renewal` is no member");
  refused_with("  \"run\": {\n", "  \"run\": {\n    \"by\": \"x\",\n", "`run.by` is no member");
  refused_with("\"salt\"", "\"sal\"", "`commitments.sal` is no member");
  refused_with("    \"record\"", "    \"entry\": \"\",\n    \"record\"", "`run.entry` is repeated");
  refused_with("      \"path\": \"/output\",\n", "", "without path, salt or value");
  refused_with("\"revocation\": [", "\"revocation\": [\n    {},", "must not be an object");
  ExpectRefused("{\"format\": \"cairn.evidence.v2\", \"run\": []}", "`run` must not be a list");
  for (const char* list : {"openings", "receipts", "renewals", "revocation", "commitments"}) {
    std::string with = Example();
    with.insert(with.size() - 3, absl::StrCat(",\n  \"", list, "\": []"));
    if (std::string(list) == "openings") continue;  // It is there already.
    ExpectRefused(with, absl::StrCat("`", list, "` is empty; leave it out"));
  }
}

TEST(Evidence, NeverReadsOneByteOfVersion2ChangedAsTheSame) {
  const std::string example = *Format(testing::MakeVersion2Evidence());
  const Evidence original = *Parse(example);
  for (size_t i = 0; i < example.size(); ++i) {
    std::string mutant = example;
    mutant[i] ^= 1 << (i % 6);
    const absl::StatusOr<Evidence> parsed = Parse(mutant);
    if (!parsed.ok()) continue;
    EXPECT_NE(*parsed, original) << "byte " << i;
    EXPECT_EQ(*Format(*parsed), mutant);
  }
}

TEST(Evidence, ReadsBackWhatWasWritten) {
  for (const testing::Leaf leaf : {testing::kUnsigned, testing::kSigned, testing::kBatched}) {
    Evidence evidence = testing::MakeEvidence(leaf);
    for (const std::optional<CertificateKind>& kind :
         {std::optional<CertificateKind>(), std::optional(CertificateKind::kCer),
          std::optional(CertificateKind::kFile)}) {
      evidence.kind = kind;
      const absl::StatusOr<std::string> bytes = Format(evidence);
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      const absl::StatusOr<Evidence> parsed = Parse(*bytes);
      ASSERT_TRUE(parsed.ok()) << parsed.status();
      EXPECT_EQ(*parsed, evidence);
    }
  }
}

TEST(Evidence, NeverReadsOneByteChangedAsTheSame) {
  const std::string example = Example();
  const Evidence original = *Parse(example);
  for (size_t i = 0; i < example.size(); ++i) {
    for (const int bit : {0, 1, 5}) {
      std::string mutant = example;
      mutant[i] ^= 1 << bit;
      const absl::StatusOr<Evidence> parsed = Parse(mutant);
      if (!parsed.ok()) continue;
      EXPECT_NE(*parsed, original) << "byte " << i;
      EXPECT_EQ(*Format(*parsed), mutant);
    }
  }
}

TEST(Evidence, RefusesEveryTruncation) {
  const std::string example = Example();
  for (size_t size = 0; size < example.size(); ++size) {
    EXPECT_FALSE(Parse(example.substr(0, size)).ok()) << size;
  }
}

TEST(Evidence, RefusesUnknownMembers) {
  ExpectRefusedWith("  \"entry\"", "  \"extra\": \"x\",\n  \"entry\"", "`extra`");
  ExpectRefusedWith("      \"key\"", "      \"k\": \"x\",\n      \"key\"", "`openings.k`");
}

TEST(Evidence, RefusesRepeatedMembers) {
  ExpectRefusedWith("  \"entry\"", "  \"kind\": \"file\",\n  \"entry\"", "`kind` is repeated");
  ExpectRefusedWith("      \"key\"", "      \"field\": \"trace\",\n      \"key\"",
                    "`openings.field` is repeated");
}

TEST(Evidence, RefusesMissingMembers) {
  ExpectRefused("{}\n", "`format` is missing");
  ExpectRefused("{\"format\": \"cairn.evidence.v1\"}", "`entry` is missing");
  ExpectRefused("{\"format\": \"cairn.evidence.v1\", \"entry\": \"\"}", "`proof` is missing");
  ExpectRefusedWith("      \"field\": \"trace\",\n", "", "without field, key or value");
}

TEST(Evidence, RefusesOtherFormats) {
  ExpectRefusedWith("evidence.v2", "evidence.v3", "`format` must be `cairn.evidence.v2` or `cairn");
}

TEST(Evidence, RefusesOtherTypesThanStrings) {
  ExpectRefusedWith("\"file\"", "1", "`kind` must be a string");
  ExpectRefusedWith("\"file\"", "null", "`kind` must be a string");
  ExpectRefusedWith("\"file\"", "{}", "`kind` must not be an object");
  ExpectRefusedWith("\"file\"", "[]", "`kind` must not be a list");
  ExpectRefused("[]", "the evidence must not be a list");
  ExpectRefused("\"x\"", "the evidence is no member");
}

TEST(Evidence, RefusesOtherKinds) { ExpectRefusedWith("\"file\"", "\"tree\"", "`kind` must be"); }

TEST(Evidence, RefusesOtherLayouts) {
  ExpectRefusedWith("\": \"", "\":\"", "not laid out");
  ExpectRefusedWith("}\n", "}", "not laid out");
  ExpectRefusedWith("\u2014", "\\u2014", "not laid out");
  ExpectRefused(Example() + "{}", "is not JSON");
}

TEST(Evidence, NamesWhatWasResaved) {
  const std::string good = Example();
  const std::string crlf = absl::StrReplaceAll(good, {{"\n", "\r\n"}});
  ExpectRefused("\xef\xbb\xbf" + good,
                "cairn writes it: it begins with a byte order mark (EF BB BF);");
  ExpectRefused(crlf, "cairn writes it: its lines end in carriage returns (CRLF);");
  ExpectRefused("\xef\xbb\xbf" + crlf, "byte order mark (EF BB BF); its lines end in carriage");
  ExpectRefused(good + "\n", "more than one newline, or a blank, at its end");
  ExpectRefused(good.substr(0, good.size() - 1), "the newline at its end is missing");
  ExpectRefused(nlohmann::ordered_json::parse(good).dump(), "(layout)");
  ExpectRefused(nlohmann::json::parse(good).dump(2) + "\n", "its members stand in another order");
}

TEST(Evidence, RefusesBase64AndHexInOtherSpellings) {
  const Evidence evidence = testing::MakeEvidence(testing::kSigned);
  ExpectRefusedWith("\"entry\": \"AQE", "\"entry\": \" AQE", "`entry`");
  ExpectRefusedWith("\"entry\": \"AQE", "\"entry\": \"-QE", "`entry`");
  const std::string key = evidence.openings[0].key.Hex();
  std::string upper = key;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  ExpectRefusedWith(key, upper, "`openings.key` must be 64 lower-case hex digits");
  ExpectRefusedWith(key, key.substr(2), "`openings.key` must be 64 lower-case hex digits");
}

TEST(Evidence, RefusesEntriesThatAreNoStatements) {
  Evidence evidence = testing::MakeEvidence(testing::kUnsigned);
  evidence.entry = testing::Entries()[testing::kDeclaration];
  const absl::StatusOr<std::string> formatted = Format(evidence);
  ASSERT_FALSE(formatted.ok());
  EXPECT_EQ(formatted.status().message(), "`entry` is not a statement about a certificate");
}

TEST(Evidence, RefusesAProofWithAnExtraLine) {
  ExpectRefusedWith("@v1\\nindex", "@v1\\nextra AAAA\\nindex",
                    "`proof` must not have an `extra` line");
}

TEST(Evidence, RefusesProofsThatAreNone) {
  ExpectRefusedWith("index 2", "index 02", "`proof` is refused");
}

TEST(Evidence, RefusesOpeningsOutOfOrderOrTooMany) {
  Evidence evidence = testing::MakeEvidence(testing::kSigned);
  const Opening trace = evidence.openings[0];
  Opening task = trace;
  task.field = "task";
  evidence.openings = {trace, task};
  EXPECT_TRUE(Format(evidence).ok());
  Opening other = trace;
  other.field = "certifier";
  for (const std::vector<Opening>& openings : std::vector<std::vector<Opening>>{
           {task, trace}, {trace, trace}, {task, task}, {trace, task, task}, {other}}) {
    evidence.openings = openings;
    const absl::StatusOr<std::string> formatted = Format(evidence);
    ASSERT_FALSE(formatted.ok());
    EXPECT_THAT(std::string(formatted.status().message()), HasSubstr("`openings"));
  }
  ExpectRefused(absl::StrCat("{\"openings\": [", "], \"openings\": [", "]}"),
                "`openings` is repeated");
}

TEST(Evidence, RefusesOpenedValuesThatAreTooLongOrNoText) {
  Evidence evidence = testing::MakeEvidence(testing::kSigned);
  evidence.openings[0].value.assign(kMaxOpenedBytes, 'a');
  EXPECT_TRUE(Format(evidence).ok());
  evidence.openings[0].value.push_back('a');
  EXPECT_THAT(std::string(Format(evidence).status().message()), HasSubstr("longer than"));
  evidence.openings[0].value = "\xff";
  EXPECT_THAT(std::string(Format(evidence).status().message()), HasSubstr("not UTF-8"));
}

TEST(Evidence, ReadsBackReceiptsOfAnyBytes) {
  Evidence evidence = testing::MakeEvidence(testing::kSigned);
  evidence.receipts = {{"ots", "opentimestamps", std::string("\0\xff", 2)},
                       {"tsa-1", "rfc3161", std::string(70'000, 'x')}};
  const absl::StatusOr<std::string> bytes = Format(evidence);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*Parse(*bytes), evidence);
}

TEST(Evidence, RefusesReceiptsOutOfOrderTwiceOrTooMany) {
  const AnchorReceipt a{"a", "k", "x"};
  const AnchorReceipt b{"b", "k", "x"};
  std::vector<AnchorReceipt> many;
  for (char c = 'a'; c <= 'q'; ++c) many.push_back({std::string(1, c), "k", "x"});
  Evidence evidence = testing::MakeEvidence(testing::kSigned);
  for (const std::vector<AnchorReceipt>& receipts :
       std::vector<std::vector<AnchorReceipt>>{{b, a},
                                               {a, a},
                                               many,
                                               {{"", "k", "x"}},
                                               {{"a b", "k", "x"}},
                                               {{"a", "", "x"}},
                                               {{"a", "k", ""}}}) {
    evidence.receipts = receipts;
    const absl::StatusOr<std::string> formatted = Format(evidence);
    ASSERT_FALSE(formatted.ok());
    EXPECT_THAT(std::string(formatted.status().message()), HasSubstr("`receipts"));
  }
  std::string items;
  for (int i = 0; i < 17; ++i) absl::StrAppend(&items, i > 0 ? "," : "", "{}");
  ExpectRefused(absl::StrCat("{\"receipts\": [", items, "]}"), "too many items");
  ExpectRefused("{\"receipts\": [], \"receipts\": []}", "`receipts` is repeated");
  ExpectRefused("{\"receipts\": [{\"url\": \"\"}]}", "`receipts.url`");
}

// 26 hashes, three cosignatures, a blinded id opened; a token and a Bitcoin proof as large as they
// come from public services.
TEST(Evidence, TakesAtMostFourKilobytesBesideTheBytesOfItsReceipts) {
  Evidence evidence = testing::MakeFullEvidence();
  evidence.receipts = {{"btc", "opentimestamps", std::string(1000, 'b')},
                       {"tsa", "rfc3161", std::string(2500, 't')}};
  EXPECT_LE(Format(evidence)->size() - 3500, 4096u);
}

TEST(Evidence, RefusesDepthAndSizeWithoutReadingOn) {
  ExpectRefused(std::string(100'000, '['), "the evidence must not be a list");
  ExpectRefused("{\"openings\": " + std::string(100'000, '['),
                "an item of `openings` must not be a list");
  ExpectRefused(std::string(kMaxEvidenceBytes + 1, ' '), "longer than");
}

}  // namespace
}  // namespace cairn::evidence
