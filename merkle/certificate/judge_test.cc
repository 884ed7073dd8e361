#include "merkle/certificate/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/record_testing.h"

namespace cairn::certificate {
namespace {

using json = Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string HashOfMembers(const json& record, std::initializer_list<const char*> names) {
  json part = json::object();
  for (const char* name : names) part[name] = record[name];
  return HashText(CanonicalHash(part));
}

TEST(JudgeRecord, TakesAGoodRecord) {
  const json record = GoodRecord();
  const Judgement judgement = Judged(record);
  EXPECT_EQ(judgement.Text(), "holds");
  EXPECT_TRUE(judgement.status().ok()) << judgement.status();
  EXPECT_EQ(HashText(*judgement.hash), record["certificateHash"]);
  EXPECT_EQ(judgement.kind, "cer.ai.execution.v1");
  EXPECT_EQ(judgement.protocol, "1.2.0");
  EXPECT_EQ(judgement.reading, "");
  EXPECT_THAT(judgement.uncovered, IsEmpty());
  EXPECT_THAT(judgement.attestations, IsEmpty());
}

TEST(JudgeRecord, DoesNotDependOnWhitespaceOrOrder) {
  const json record = GoodRecord();
  EXPECT_EQ(JudgeRecord(record.dump()).value().judgement.hash,
            JudgeRecord(record.dump(7)).value().judgement.hash);
}

TEST(JudgeRecord, TellsMalformedFromNoRecord) {
  for (const char* text :
       {"", "{", "{\"bundleType\":1,\"bundleType\":1}", "{\"a\":1e400}", "{}x"}) {
    EXPECT_EQ(JudgeRecord(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  for (const char* text : {"[]", "7", "{}", "{\"a\":1}", "[{\"bundleType\":\"x\"}]"}) {
    EXPECT_EQ(JudgeRecord(text).status().code(), absl::StatusCode::kNotFound) << text;
  }
}

TEST(JudgeRecord, CannotCheckWhatIsNewAndNeverCallsThatAltered) {
  for (const auto& [name, value, field] : {std::tuple<std::string, json, std::string>(
                                               "bundleType", "cer.ai.execution.v2", "bundleType"),
                                           {"bundleType", 7.0, "bundleType"},
                                           {"bundleType", nullptr, "bundleType"},
                                           {"version", "0.2", "version"},
                                           {"version", 1.0, "version"}}) {
    json record = GoodRecord();
    record[name] = value;
    const Judgement judgement = Judged(record);
    EXPECT_EQ(judgement.answer, Answer::kCannotCheck);
    EXPECT_THAT(Named(judgement.unchecked), ElementsAre(field + " SCHEMA_VERSION_UNSUPPORTED"));
    EXPECT_FALSE(judgement.hash.has_value());
    EXPECT_EQ(judgement.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(judgement.status().message()), HasSubstr("this program"));
  }
  for (const char* name : {"type", "protocolVersion"}) {
    json record = GoodRecord();
    record["snapshot"][name] = "9.9";
    Seal(record);
    EXPECT_EQ(Judged(record).answer, Answer::kCannotCheck);
    EXPECT_THAT(Named(Judged(record).unchecked),
                ElementsAre(absl::StrCat("snapshot.", name, " SCHEMA_VERSION_UNSUPPORTED")));
  }
}

TEST(JudgeRecord, NamesWhatIsMissing) {
  for (const char* name : {"createdAt", "snapshot"}) {
    json record = GoodRecord();
    record.erase(name);
    // Without its snapshot it is of no shape that tells it from a wrapper, and judged all the same.
    EXPECT_THAT(Named(Judged(record).contradictions),
                ElementsAre(absl::StrCat(name, " SCHEMA_ERROR")));
  }
  json record = GoodRecord();
  record.erase("certificateHash");
  EXPECT_THAT(Named(Judged(record).contradictions),
              ElementsAre("certificateHash CERTIFICATE_HASH_MISMATCH"));
  record = GoodRecord();
  record.erase("bundleType");
  EXPECT_EQ(Judged(record).answer, Answer::kCannotCheck);
  record = GoodRecord();
  record["snapshot"] = json::array();
  EXPECT_THAT(Named(Judged(record).contradictions), ElementsAre("snapshot SCHEMA_ERROR"));
}

TEST(JudgeRecord, TakesWhatNoDocumentRequires) {
  for (const char* name : {"prompt", "parameters", "modelVersion", "appId", "executionId"}) {
    for (const bool null : {false, true}) {
      json record = GoodRecord();
      if (null) {
        record["snapshot"][name] = nullptr;
      } else {
        record["snapshot"].erase(name);
      }
      Seal(record);
      EXPECT_EQ(Judged(record).Text(), "holds") << name;
    }
  }
  json record = GoodRecord();
  record["snapshot"]["prompt"] = "";
  record["snapshot"]["parameters"]["temperature"] = nullptr;
  record["createdAt"] = "not a date";
  Seal(record);
  EXPECT_EQ(Judged(record).Text(), "holds");
}

TEST(JudgeRecord, CoversWhateverIsInTheSnapshot) {
  json record = GoodRecord();
  record["snapshot"]["runId"] = "r";
  EXPECT_THAT(Named(Judged(record).contradictions),
              ElementsAre("certificateHash CERTIFICATE_HASH_MISMATCH"));
  Seal(record);
  EXPECT_EQ(Judged(record).Text(), "holds");
}

TEST(JudgeRecord, TellsWhichHashAnEditBreaks) {
  json record = GoodRecord();
  record["snapshot"]["output"]["answer"] = 43.0;
  EXPECT_THAT(Named(Judged(record).contradictions),
              ElementsAre("certificateHash CERTIFICATE_HASH_MISMATCH",
                          "snapshot.outputHash OUTPUT_HASH_MISMATCH"));
  record = GoodRecord();
  record["snapshot"]["prompt"] = "Be long.";
  EXPECT_THAT(Named(Judged(record).contradictions),
              ElementsAre("certificateHash CERTIFICATE_HASH_MISMATCH"));
  // Sealed with a hash of another output.
  record = GoodRecord();
  record["snapshot"]["output"]["answer"] = 43.0;
  record["certificateHash"] =
      HashOfMembers(record, {"bundleType", "version", "createdAt", "snapshot"});
  EXPECT_THAT(Named(Judged(record).contradictions),
              ElementsAre("snapshot.outputHash OUTPUT_HASH_MISMATCH"));
}

TEST(JudgeRecord, TakesAHashInNoOtherSpelling) {
  const std::string hash = GoodRecord()["certificateHash"];
  for (const std::string& spelling :
       {absl::StrCat("sha256:", absl::AsciiStrToUpper(hash.substr(7))), hash.substr(7),
        absl::StrCat(hash, " "), absl::StrCat("SHA256:", hash.substr(7)), std::string()}) {
    json record = GoodRecord();
    record["certificateHash"] = spelling;
    EXPECT_THAT(Named(Judged(record).contradictions),
                ElementsAre("certificateHash CERTIFICATE_HASH_MISMATCH"))
        << spelling;
  }
  json record = GoodRecord();
  record["snapshot"]["inputHash"] = 7.0;
  record["certificateHash"] =
      HashOfMembers(record, {"bundleType", "version", "createdAt", "snapshot"});
  EXPECT_THAT(Named(Judged(record).contradictions),
              ElementsAre("snapshot.inputHash INPUT_HASH_MISMATCH"));
}

TEST(JudgeRecord, CannotCheckTheHashOfWhatIsNotRecorded) {
  const auto without = [](const json& value) {
    json record = GoodRecord();
    if (value.is_discarded()) {
      record["snapshot"].erase("input");
    } else {
      record["snapshot"]["input"] = value;
    }
    record["certificateHash"] =
        HashOfMembers(record, {"bundleType", "version", "createdAt", "snapshot"});
    return record;
  };
  const std::string hash = GoodRecord()["snapshot"]["inputHash"];
  const json discarded = json(json::value_t::discarded);
  for (const auto& [value, code] :
       {std::pair<json, std::string>(discarded, "NOT_RECORDED"),
        {nullptr, "NOT_RECORDED"},
        {json{{"_redacted", true}}, "REDACTED"},
        {json{{"_redacted", true}, {"hash", hash}}, "REDACTED"},
        {json{{"_redacted", true}, {"scheme", "hmac-sha256-v1"}, {"commitment", hash}}, "REDACTED"},
        {hash, "REPLACED_BY_HASH"}}) {
    const Judgement judgement = Judged(without(value));
    EXPECT_EQ(judgement.Text(), "holds");
    EXPECT_THAT(Named(judgement.unchecked), ElementsAre("snapshot.input " + code));
  }
  EXPECT_THAT(
      Named(Judged(without({{"_redacted", true}, {"hash", HashText(Hash{})}})).contradictions),
      ElementsAre("snapshot.input.hash INPUT_HASH_MISMATCH"));
  EXPECT_THAT(Named(Judged(without({{"_redacted", false}, {"hash", hash}})).contradictions),
              ElementsAre("snapshot.inputHash INPUT_HASH_MISMATCH"));
}

json WithSignals() {
  json record = GoodRecord();
  record["context"] = {{"signals", json::array({json{{"type", "policy.check"}}})}};
  record["contextSummary"] = "one signal";
  return record;
}

TEST(JudgeRecord, NamesTheReadingThatHoldsAndWhatItLeavesOpen) {
  json record = WithSignals();
  Seal(record);
  EXPECT_EQ(Judged(record).Text(), "holds");
  EXPECT_EQ(Judged(record).reading, "W7");
  record["certificateHash"] =
      HashOfMembers(record, {"bundleType", "version", "createdAt", "snapshot", "context"});
  EXPECT_EQ(Judged(record).Text(), "holds; contextSummary not covered");
  EXPECT_EQ(Judged(record).reading, "W5");
  record["certificateHash"] =
      HashOfMembers(record, {"bundleType", "version", "createdAt", "snapshot"});
  const Judgement bare = Judged(record);
  EXPECT_EQ(bare.Text(), "holds; context, contextSummary not covered");
  EXPECT_EQ(bare.reading, "B4");
  EXPECT_THAT(Named(bare.notices),
              ElementsAre("context CONTEXT_NOT_PROTECTED", "contextSummary CONTEXT_NOT_PROTECTED"));
  EXPECT_THAT(bare.uncovered, UnorderedElementsAre("context", "contextSummary"));
  EXPECT_TRUE(bare.status().ok());
}

TEST(JudgeRecord, NeverLeavesAPolicyEvaluationOpen) {
  json record = GoodRecord();
  record["policyEvaluation"] = {{"outcome", "ALLOW"}};
  const Judgement added = Judged(record);
  EXPECT_THAT(Named(added.contradictions),
              ElementsAre("certificateHash CERTIFICATE_HASH_MISMATCH"));
  EXPECT_THAT(added.contradictions[0].reason, HasSubstr("matches without policyEvaluation"));
  Seal(record);
  EXPECT_EQ(Judged(record).Text(), "holds");
}

TEST(JudgeRecord, AssumesAProtocolThatIsNotStatedAndSaysSo) {
  json record = GoodRecord();
  record["snapshot"].erase("protocolVersion");
  Seal(record);
  const Judgement judgement = Judged(record);
  EXPECT_EQ(judgement.Text(), "holds");
  EXPECT_THAT(Named(judgement.notices), ElementsAre("snapshot.protocolVersion PROTOCOL_ASSUMED"));
  record["snapshot"]["protocolVersion"] = 1.2;
  Seal(record);
  EXPECT_THAT(Named(Judged(record).contradictions),
              ElementsAre("snapshot.protocolVersion SCHEMA_ERROR"));
}

TEST(JudgeRecord, TakesHalfASurrogatePairWhereItsProtocolHasAFormForIt) {
  const std::string half = R"("\ud83d")";
  for (const auto& [protocol, holds] : {std::pair("1.2.0", true), {"1.3.0", false}}) {
    json record = GoodRecord();
    record["snapshot"]["protocolVersion"] = protocol;
    record["snapshot"]["note"] = "HALF";
    // Sealed over the text that JavaScript would hash.
    const std::string text = Text(record);
    record["snapshot"]["note"] = "\xED\xA0\xBD";
    Seal(record);
    const std::string sealed =
        absl::StrReplaceAll(text, {{"\"HALF\"", half},
                                   {GoodRecord()["certificateHash"].get<std::string>(),
                                    record["certificateHash"].get<std::string>()}});
    const absl::StatusOr<JudgedRecord> read = JudgeRecord(sealed);
    ASSERT_TRUE(read.ok()) << read.status();
    if (holds) {
      EXPECT_EQ(read->judgement.Text(), "holds");
    } else {
      EXPECT_THAT(Named(read->judgement.contradictions), ElementsAre("snapshot.note SCHEMA_ERROR"));
    }
  }
}

TEST(JudgeRecord, ListsWhatNothingCovers) {
  json record = GoodRecord();
  record["meta"] = {{"tags", json::array({"x"})}, {"source", "s"}};
  record["declaration"] = json::object();
  EXPECT_THAT(Judged(record).uncovered,
              UnorderedElementsAre("meta.tags", "meta.source", "declaration"));
  for (const json& meta : {json(7.0), json::object(), json(nullptr)}) {
    record["meta"] = meta;
    EXPECT_THAT(Judged(record).uncovered, UnorderedElementsAre("meta", "declaration"));
  }
}

TEST(JudgeRecord, CallsTheOriginalOfAResealAReference) {
  json record = GoodRecord();
  record["bundleType"] = "signed-redacted-reseal";
  Seal(record);
  record["provenance"] = {{"originalCertificateHash", HashText(Hash{})}};
  const Judgement judgement = Judged(record);
  EXPECT_EQ(judgement.Text(), "holds");
  EXPECT_EQ(judgement.kind, "signed-redacted-reseal");
  EXPECT_THAT(Named(judgement.notices),
              ElementsAre("provenance.originalCertificateHash ORIGINAL_NAMED"));
  EXPECT_THAT(judgement.uncovered, ElementsAre("provenance"));
}

// The text of a sealed record with `number`, which JSON libraries would round, as its seed.
std::string WithSeed(const std::string& number) {
  json record = GoodRecord();
  record["snapshot"]["parameters"]["seed"] = std::stod(number);
  Seal(record);
  record["snapshot"]["parameters"]["seed"] = "SEED";
  return absl::StrReplaceAll(Text(record), {{"\"SEED\"", number}});
}

TEST(JudgeRecord, ListsNumbersThatTheHashCoversOnlyAsRounded) {
  const Judgement one = JudgeRecord(WithSeed("9007199254740993")).value().judgement;
  const Judgement exact = JudgeRecord(WithSeed("9007199254740992")).value().judgement;
  EXPECT_EQ(one.hash, exact.hash);
  EXPECT_EQ(exact.rounded.count, 0);
  ASSERT_EQ(one.rounded.count, 1);
  EXPECT_EQ(one.rounded.first[0].path, "snapshot.parameters.seed");
  EXPECT_EQ(one.rounded.first[0].text, "9007199254740993");
  EXPECT_EQ(one.rounded.first[0].canonical, "9007199254740992");
  const std::string uncovered = absl::StrCat(R"({"meta":{"n":9007199254740993},"more":[1e-400],)",
                                             Text(GoodRecord()).substr(1));
  EXPECT_EQ(JudgeRecord(uncovered).value().judgement.rounded.count, 0);
}

TEST(Wrappers, HoldARecord) {
  const json record = GoodRecord();
  for (const auto& [file, at] :
       {std::pair<json, std::string>({{"cer", record}}, "cer"),
        {{{"bundle", record}, {"ok", true}}, "bundle"},
        {{{"proofJson", record}}, "proofJson"},
        {{{"proof", {{"proofJson", record}}}}, "proof.proofJson"},
        {{{"cer", record}, {"bundleType", record["bundleType"]}, {"createdAt", "x"}}, "cer"}}) {
    const JudgedRecord read = JudgeRecord(Text(file)).value();
    EXPECT_EQ(read.judgement.Text(), "holds") << at;
    EXPECT_EQ(read.judgement.at, at);
    EXPECT_EQ(HashText(*read.judgement.hash), record["certificateHash"]);
    EXPECT_EQ(read.record(), record);
  }
}

TEST(Wrappers, WithTwoRecordsAreMalformed) {
  const json record = GoodRecord();
  EXPECT_EQ(JudgeRecord(Text({{"cer", record}, {"bundle", record}})).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Wrappers, MustSayWhatTheRecordIs) {
  const json record = GoodRecord();
  json file = {{"cer", record}, {"certificateHash", HashText(Hash{})}};
  EXPECT_THAT(Named(Judged(file).contradictions),
              ElementsAre("certificateHash CERTIFICATE_HASH_MISMATCH"));
  file["certificateHash"] = record["certificateHash"];
  file["verificationUrl"] = "https://example.org";
  EXPECT_EQ(Judged(file).Text(), "holds");
  EXPECT_THAT(Judged(file).uncovered, UnorderedElementsAre("certificateHash", "verificationUrl"));
}

TEST(Wrappers, AroundAnEditedRecordDoNotHideIt) {
  json record = GoodRecord();
  json file = {{"cer", record}};
  file.update(NestedAttestation(record));
  file["cer"]["snapshot"]["output"]["answer"] = 43.0;
  const NodeKeys keys = GoodNodeKeys();
  const Judgement judgement = Judged(file, &keys);
  EXPECT_EQ(judgement.answer, Answer::kContradicts);
  EXPECT_EQ(judgement.attestations.at(0).code, "RECEIPT_BUNDLE_HASH_MISMATCH");
}

}  // namespace
}  // namespace cairn::certificate
