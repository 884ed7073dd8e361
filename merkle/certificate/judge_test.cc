#include "merkle/certificate/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/record_testing.h"

namespace cairn::certificate {
namespace {

using json = Json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Judgement Judged(const json& record, const NodeKeys* keys = nullptr, int64_t now_s = 1800000000) {
  const absl::StatusOr<JudgedRecord> read =
      JudgeRecord(Text(record), {.node_keys = keys, .now_s = now_s});
  EXPECT_TRUE(read.ok()) << read.status();
  return read.value().judgement;
}

// "field CODE" of each.
std::vector<std::string> Named(const std::vector<Finding>& findings) {
  std::vector<std::string> named;
  for (const Finding& finding : findings) {
    named.push_back(absl::StrCat(finding.field, " ", finding.code));
  }
  return named;
}

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

// ---- Attestations

TEST(Attestations, OfEachShapeAreProvenByTheNodesKey) {
  const json record = GoodRecord();
  const NodeKeys keys = GoodNodeKeys();
  const json nested = NestedAttestation(record);
  const json payload = {
      {"receipt",
       {{"payload", nested["receipt"]}, {"kid", "k1"}, {"signature", nested["signature"]}}}};
  std::vector<json> files(5, record);
  files[0]["meta"]["attestation"] = nested;
  files[1]["meta"]["attestation"] = FlatAttestation(record);
  files[2].update(nested);
  files[3]["attestation"] = nested;
  files[4]["meta"]["attestation"] = payload;
  files.push_back({{"cer", record}});
  files.back().update(nested);
  for (const json& file : files) {
    SCOPED_TRACE(Text(file));
    const Judgement judgement = Judged(file, &keys);
    ASSERT_EQ(judgement.attestations.size(), 1);
    const Attestation& one = judgement.attestations[0];
    EXPECT_EQ(one.state, AttestationState::kProven) << one.detail;
    EXPECT_EQ(one.name, "receipt");
    EXPECT_EQ(one.node_id, "node");
    EXPECT_EQ(one.kid, "k1");
    EXPECT_EQ(one.attested_at, "2026-01-02T03:04:06.000Z");
    EXPECT_THAT(judgement.uncovered, IsEmpty());
    EXPECT_TRUE(judgement.status().ok());
  }
}

TEST(Attestations, AreSignedUnderAnyOfThreeNamesInAnyOfThreeEncodings) {
  const NodeKeys keys = GoodNodeKeys();
  const json nested = NestedAttestation(GoodRecord());
  std::string bytes;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(nested["signature"].get<std::string>(), &bytes));
  for (const char* name : {"receiptSignature", "signatureB64Url", "signature"}) {
    for (const std::string& text : {absl::WebSafeBase64Escape(bytes), absl::Base64Escape(bytes),
                                    absl::BytesToHexString(bytes)}) {
      json record = GoodRecord();
      record["meta"]["attestation"] = {{"receipt", nested["receipt"]}, {name, text}};
      EXPECT_EQ(Judged(record, &keys).attestations.at(0).state, AttestationState::kProven);
    }
  }
}

TEST(Attestations, AreClaimedAndUncoveredWithoutKeys) {
  json record = GoodRecord();
  record["meta"]["attestation"] = NestedAttestation(record);
  const Judgement judgement = Judged(record);
  EXPECT_EQ(judgement.attestations.at(0).state, AttestationState::kClaimed);
  EXPECT_EQ(judgement.attestations.at(0).code, "NO_KEYS_GIVEN");
  EXPECT_THAT(judgement.uncovered, ElementsAre("meta.attestation"));
  EXPECT_TRUE(judgement.status().ok());
}

TEST(Attestations, ListMembersThatNoSignatureCovers) {
  json record = GoodRecord();
  const NodeKeys keys = GoodNodeKeys();
  for (json attestation : {NestedAttestation(record), FlatAttestation(record)}) {
    attestation["comment"] = "added";
    record["meta"]["attestation"] = attestation;
    EXPECT_THAT(Judged(record, &keys).uncovered, ElementsAre("meta.attestation.comment"));
  }
}

TEST(Attestations, OverAnotherRecordAreFalseEvenWithoutKeys) {
  json other = GoodRecord();
  other["createdAt"] = "2026-01-02T03:04:05.679Z";
  Seal(other);
  for (const json& attestation : {NestedAttestation(other), FlatAttestation(other)}) {
    json record = GoodRecord();
    record["meta"]["attestation"] = attestation;
    const Judgement judgement = Judged(record);
    EXPECT_EQ(judgement.answer, Answer::kHolds);
    EXPECT_EQ(judgement.attestations.at(0).state, AttestationState::kFalse);
    EXPECT_EQ(judgement.attestations.at(0).code, "RECEIPT_BUNDLE_HASH_MISMATCH");
    EXPECT_EQ(judgement.status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(Attestations, OverTheStatedHashOfAnEditedRecordAreFalse) {
  json record = GoodRecord();
  record["meta"]["attestation"] = NestedAttestation(record);
  record["snapshot"]["prompt"] = "another";
  const NodeKeys keys = GoodNodeKeys();
  const Judgement judgement = Judged(record, &keys);
  EXPECT_EQ(judgement.answer, Answer::kContradicts);
  EXPECT_EQ(judgement.attestations.at(0).code, "RECEIPT_BUNDLE_HASH_MISMATCH");
}

TEST(Attestations, SayWhatIsWrong) {
  const NodeKeys keys = GoodNodeKeys();
  const json nested = NestedAttestation(GoodRecord());
  const auto judged = [&](const json& attestation, const NodeKeys* by) {
    json record = GoodRecord();
    record["meta"]["attestation"] = attestation;
    return Judged(record, by).attestations.at(0);
  };
  const auto receipt = [&](const char* name, const json& value) {
    json edited = nested;
    edited["receipt"][name] = value;
    return edited;
  };
  for (const auto& [edited, state, code] :
       {std::tuple(receipt("timestamp", "2025-01-02T03:04:06.000Z"), AttestationState::kFalse,
                   "NODE_SIGNATURE_INVALID"),
        {receipt("comment", "added"), AttestationState::kFalse, "NODE_SIGNATURE_INVALID"},
        {receipt("nodeId", "other"), AttestationState::kNotProven, "OTHER_NODE"},
        {receipt("kid", "k2"), AttestationState::kNotProven, "KEY_NOT_FOUND"},
        {receipt("protocolVersion", "1.3.0"), AttestationState::kFalse, "PROTOCOL_MISMATCH"}}) {
    const Attestation one = judged(edited, &keys);
    EXPECT_EQ(one.state, state) << code;
    EXPECT_EQ(one.code, code);
  }
  json edited = nested;
  edited["kid"] = "k2";
  EXPECT_EQ(judged(edited, &keys).state, AttestationState::kProven);
  EXPECT_THAT(Named(judged(edited, &keys).notices), ElementsAre("meta.attestation KEY_IDS_DIFFER"));
  edited = nested;
  edited.erase("signature");
  EXPECT_EQ(judged(edited, nullptr).code, "NODE_SIGNATURE_MISSING");
  EXPECT_EQ(judged(edited, nullptr).state, AttestationState::kFalse);
  for (const char* signature : {"!", "AAAA", ""}) {
    edited["signature"] = signature;
    EXPECT_EQ(judged(edited, nullptr).code, "NODE_SIGNATURE_INVALID");
    EXPECT_EQ(judged(edited, nullptr).state, AttestationState::kFalse);
  }
}

TEST(Attestations, OfAShapeWithoutARuleAreClaimed) {
  for (const json& receipt :
       {json{{"receiptVersion", "x"}}, json{{"alg", "EdDSA"}, {"kid", "k1"}, {"sig", "AAAA"}},
        json(7.0), json::object()}) {
    json record = GoodRecord();
    record["meta"]["attestation"] = {{"receipt", receipt}, {"signature", "sig"}};
    const Judgement judgement = Judged(record);
    EXPECT_EQ(judgement.attestations.at(0).state, AttestationState::kClaimed);
    EXPECT_EQ(judgement.attestations.at(0).code, "SHAPE_UNKNOWN");
    EXPECT_TRUE(judgement.status().ok());
  }
}

TEST(Attestations, WithAnyEditedCharacterOfTheSignatureAreNotProven) {
  const NodeKeys keys = GoodNodeKeys();
  json record = GoodRecord();
  record["meta"]["attestation"] = NestedAttestation(record);
  const std::string signature = record["meta"]["attestation"]["signature"];
  for (size_t at = 0; at < signature.size(); ++at) {
    std::string changed = signature;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    record["meta"]["attestation"]["signature"] = changed;
    EXPECT_EQ(Judged(record, &keys).attestations.at(0).code, "NODE_SIGNATURE_INVALID");
  }
}

TEST(Attestations, OfTwoSignaturesThatDifferAreBothJudged) {
  const NodeKeys keys = GoodNodeKeys();
  json record = GoodRecord();
  record["meta"]["attestation"] = NestedAttestation(record);
  record["meta"]["attestation"]["signatureB64Url"] = NodeSignature("something else");
  const Judgement judgement = Judged(record, &keys);
  ASSERT_EQ(judgement.attestations.size(), 2);
  EXPECT_EQ(judgement.attestations[0].state, AttestationState::kFalse);
  EXPECT_EQ(judgement.attestations[1].state, AttestationState::kProven);
  EXPECT_EQ(judgement.attestations[1].name, "receipt 2");
}

TEST(Attestations, AreFalseByARevokedKeyWhateverTheTime) {
  json record = GoodRecord();
  record["meta"]["attestation"] = NestedAttestation(record);
  for (const json& more : {json{{"status", "revoked"}}, json{{"revoked", true}}}) {
    const NodeKeys keys = GoodNodeKeys(more);
    EXPECT_EQ(Judged(record, &keys).attestations.at(0).code, "KEY_REVOKED");
    EXPECT_EQ(Judged(record, &keys).attestations.at(0).state, AttestationState::kFalse);
  }
}

TEST(Attestations, ByAKeyThatHasEndedAreProvenOnlyByATimeThatSomebodyElseProves) {
  constexpr int64_t kEndS = 1772323200;  // 2026-03-01.
  json record = GoodRecord();
  record["meta"]["attestation"] = NestedAttestation(record);
  const NodeKeys keys = GoodNodeKeys({{"validTo", "2026-03-01T00:00:00Z"}});
  EXPECT_EQ(Judged(record, &keys, kEndS).attestations.at(0).state, AttestationState::kProven);
  Attestation ended = Judged(record, &keys, kEndS + 1).attestations.at(0);
  EXPECT_EQ(ended.state, AttestationState::kNotProven);
  EXPECT_EQ(ended.code, "KEY_ENDED");
  EXPECT_EQ(
      JudgeRecord(Text(record), {.node_keys = &keys}).value().judgement.attestations.at(0).code,
      "KEY_ENDED");
  Attestation later = ended;
  HoldToTime(kEndS + 1, later);
  EXPECT_EQ(later.state, AttestationState::kNotProven);
  HoldToTime(kEndS, ended);
  EXPECT_EQ(ended.state, AttestationState::kProven);
  // No time makes another state better.
  Attestation wrong{.name = "receipt",
                    .path = "",
                    .state = AttestationState::kFalse,
                    .code = "KEY_REVOKED",
                    .detail = "",
                    .key_valid_to_s = kEndS};
  HoldToTime(0, wrong);
  EXPECT_EQ(wrong.state, AttestationState::kFalse);
}

TEST(Attestations, SignedAfterTheKeysEndByTheirOwnWordAreFalse) {
  json record = GoodRecord();
  record["meta"]["attestation"] = NestedAttestation(record);
  const NodeKeys keys = GoodNodeKeys({{"validTo", "2026-01-01T00:00:00Z"}});
  EXPECT_EQ(Judged(record, &keys).attestations.at(0).code, "SIGNED_AFTER_END");
}

TEST(Attestations, BeforeTheStatedWindowAreProvenAndThatIsSaid) {
  json record = GoodRecord();
  record["meta"]["attestation"] = NestedAttestation(record);
  const NodeKeys keys = GoodNodeKeys({{"validFrom", "2026-06-01T00:00:00Z"}});
  const Attestation one = Judged(record, &keys).attestations.at(0);
  EXPECT_EQ(one.state, AttestationState::kProven);
  EXPECT_THAT(Named(one.notices), Contains("meta.attestation.receipt SIGNED_BEFORE_WINDOW"));
}

// ---- Envelopes

json AttestationPart() {
  return {{"attestationId", "a-1"},
          {"attestedAt", "2026-01-02T03:04:06.000Z"},
          {"kid", "k1"},
          {"nodeRuntimeHash", HashText(Hash{})},
          {"protocolVersion", "1.2.0"}};
}

json EnvelopeOver(const json& record, std::vector<std::string> names, bool named = true) {
  json bundle = json::object();
  for (const std::string& name : names) {
    if (record.contains(name)) bundle[name] = record[name];
  }
  json envelope = {{"attestation", AttestationPart()},
                   {"envelopeType", "nexart.verification.envelope.v2"}};
  if (named) envelope["signedFields"] = {{"bundle", names}};
  return {
      {"verificationEnvelope", envelope},
      {"verificationEnvelopeSignature",
       NodeSignature(CanonicalJson(json{{"attestation", AttestationPart()}, {"bundle", bundle}}))}};
}

const std::vector<std::string> kCore = {"bundleType", "version", "createdAt", "snapshot"};

TEST(Envelopes, OfVersionTwoAreProvenOverTheRecordsMembers) {
  const NodeKeys keys = GoodNodeKeys();
  for (const bool named : {true, false}) {
    json record = GoodRecord();
    record["meta"] = EnvelopeOver(record, kCore, named);
    const Judgement judgement = Judged(record, &keys);
    ASSERT_EQ(judgement.attestations.size(), 1);
    EXPECT_EQ(judgement.attestations[0].name, "envelope");
    EXPECT_EQ(judgement.attestations[0].state, AttestationState::kProven)
        << judgement.attestations[0].detail;
  }
}

TEST(Envelopes, AreNotBelievedInWhatTheySayIsSigned) {
  const NodeKeys keys = GoodNodeKeys();
  json record = GoodRecord();
  record["meta"] = EnvelopeOver(record, {"bundleType", "version", "createdAt"});
  EXPECT_EQ(Judged(record, &keys).attestations.at(0).code, "NODE_SIGNATURE_INVALID");
}

TEST(Envelopes, SayWhatTheyLeaveOpen) {
  const NodeKeys keys = GoodNodeKeys();
  json record = GoodRecord();
  record["policyEvaluation"] = {{"outcome", "ALLOW"}};
  Seal(record);
  record["meta"] = EnvelopeOver(record, kCore);
  const Attestation one = Judged(record, &keys).attestations.at(0);
  EXPECT_EQ(one.state, AttestationState::kProven);
  EXPECT_THAT(Named(one.notices), Contains("meta.verificationEnvelope ENVELOPE_LEAVES_OPEN"));
}

TEST(Envelopes, WithAnyPartEditedAreFalse) {
  const NodeKeys keys = GoodNodeKeys();
  json record = GoodRecord();
  record["meta"] = EnvelopeOver(record, kCore);
  json edited = record;
  edited["meta"]["verificationEnvelope"]["attestation"]["attestedAt"] = "2020-01-01T00:00:00Z";
  EXPECT_EQ(Judged(edited, &keys).attestations.at(0).code, "NODE_SIGNATURE_INVALID");
  EXPECT_EQ(Judged(edited, &keys).answer, Answer::kHolds);
  edited = record;
  edited["snapshot"]["prompt"] = "another";
  Seal(edited);
  EXPECT_EQ(Judged(edited, &keys).attestations.at(0).code, "NODE_SIGNATURE_INVALID");
  // Of a reseal nobody can tell an edit from the redaction.
  edited["meta"]["attestation"]["mode"] = "redacted_reseal";
  EXPECT_EQ(Judged(edited, &keys).attestations.at(0).code, "REDACTED");
  edited = record;
  edited["meta"].erase("verificationEnvelopeSignature");
  EXPECT_EQ(Judged(edited, &keys).attestations.at(0).code, "NODE_SIGNATURE_MISSING");
}

TEST(Envelopes, OfVersionOneNameTheRecordByItsHash) {
  const NodeKeys keys = GoodNodeKeys();
  json record = GoodRecord();
  json envelope = {{"certificateHash", record["certificateHash"]}, {"kid", "k1"}};
  const auto with = [&record](const json& inner) {
    json out = record;
    out["meta"] = {{"verificationEnvelope", inner},
                   {"verificationEnvelopeSignature", NodeSignature(CanonicalJson(inner))}};
    return out;
  };
  EXPECT_EQ(Judged(with(envelope), &keys).attestations.at(0).state, AttestationState::kProven);
  envelope["certificateHash"] = HashText(Hash{});
  EXPECT_EQ(Judged(with(envelope), &keys).attestations.at(0).code, "RECEIPT_BUNDLE_HASH_MISMATCH");
  envelope.erase("certificateHash");
  EXPECT_EQ(Judged(with(envelope), &keys).attestations.at(0).state, AttestationState::kClaimed);
}

// ---- Wrappers

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

// ---- Other kinds

TEST(HashOnly, CannotBeCheckedAndMayBeLogged) {
  json record = {{"bundleType", "hash-only-timestamp"},
                 {"version", "0.1"},
                 {"snapshot", nullptr},
                 {"certificateHash", HashText(merkle::Sha256("x"))}};
  const NodeKeys keys = GoodNodeKeys();
  json attested = record;
  attested["meta"]["attestation"] = NestedAttestation(record);
  const Judgement judgement = Judged(attested, &keys);
  EXPECT_EQ(judgement.answer, Answer::kCannotCheck);
  EXPECT_TRUE(judgement.hash_alone);
  EXPECT_EQ(judgement.hash, merkle::Sha256("x"));
  EXPECT_TRUE(judgement.status().ok());
  EXPECT_EQ(judgement.attestations.at(0).state, AttestationState::kProven);
  record["certificateHash"] = "sha256:x";
  EXPECT_EQ(Judged(record).answer, Answer::kContradicts);
  const json answer = NestedAttestation(attested);
  json bare = answer;
  bare["certificateHash"] = attested["certificateHash"];
  EXPECT_TRUE(Judged(bare, &keys).hash_alone);
  EXPECT_EQ(Judged(bare, &keys).attestations.at(0).state, AttestationState::kProven);
}

TEST(Render, HoldsByItsSnapshotAndCannotRepeatTheRendering) {
  json record = {{"bundleType", "cer.codemode.render.v1"},
                 {"version", "0.1"},
                 {"createdAt", "x"},
                 {"snapshot", {{"code", "c"}, {"seed", "s"}, {"vars", {1.0, 2.0}}}}};
  const std::string input = HashText(CanonicalHash(record["snapshot"]));
  record["certificateHash"] = HashText(CanonicalHash(record));
  record["inputHash"] = input;
  record["outputHash"] = HashText(Hash{});
  EXPECT_EQ(Judged(record).Text(), "holds");
  EXPECT_THAT(Named(Judged(record).unchecked), ElementsAre("outputHash NOT_RECORDED"));
  // An edited inputHash does not match, and a missing one nobody misses.
  EXPECT_THAT(Judged(record).uncovered, UnorderedElementsAre("inputHash", "outputHash"));
  record["inputHash"] = HashText(Hash{});
  EXPECT_THAT(Named(Judged(record).contradictions), ElementsAre("inputHash INPUT_HASH_MISMATCH"));
  record["inputHash"] = input;
  record.erase("certificateHash");
  EXPECT_EQ(Judged(record).answer, Answer::kCannotCheck);
  EXPECT_FALSE(Judged(record).status().ok());
}

json GovernedStep() {
  json record = {
      {"bundleType", "cer.governed.execution.step.v1"},
      {"version", "1"},
      {"schema", {{"bundle", "b"}, {"step", "s"}}},
      {"bundleId", "a1b2c3d4-e5f6-4789-a012-3456789abcde"},
      {"threadId", "t"},
      {"step", {{"stepId", "00000001-0000-4000-8000-000000000001"}, {"stateHash", "00"}}},
      {"protectedSet",
       {{"protectedSetId", "nexart.governed.execution.step.v1.protected-set.v1"},
        {"stabilitySchemeId", "jcs-v1"},
        {"protectedFields", {"bundleType", "version", "schema", "bundleId", "threadId", "step"}}}}};
  record["certificateHash"] = HashText(CanonicalHash(record));
  return record;
}

TEST(GovernedStep, IsHashedOverItsSevenMembers) {
  const json good = GovernedStep();
  EXPECT_EQ(Judged(good).Text(), "holds");
  EXPECT_THAT(Named(Judged(good).unchecked), ElementsAre("step.stateHash NOT_RECORDED"));
  for (const char* name : {"schema", "bundleId", "threadId", "step", "protectedSet"}) {
    json record = good;
    record.erase(name);
    EXPECT_THAT(Named(Judged(record).contradictions),
                ElementsAre(absl::StrCat(name, " SCHEMA_ERROR")));
    record = good;
    record["createdAt"] = "x";
    EXPECT_EQ(Judged(record).Text(), "holds");
    EXPECT_THAT(Judged(record).uncovered, ElementsAre("createdAt"));
  }
  json record = good;
  record["threadId"] = "u";
  EXPECT_THAT(Named(Judged(record).contradictions),
              ElementsAre("certificateHash CERTIFICATE_HASH_MISMATCH"));
}

TEST(GovernedStep, OfAnotherProtectedSetCannotBeChecked) {
  for (const char* name : {"protectedSetId", "stabilitySchemeId"}) {
    json record = GovernedStep();
    record["protectedSet"][name] = "x";
    EXPECT_EQ(Judged(record).answer, Answer::kCannotCheck);
    EXPECT_THAT(Named(Judged(record).unchecked),
                ElementsAre(absl::StrCat("protectedSet.", name, " SCHEMA_VERSION_UNSUPPORTED")));
  }
  json record = GovernedStep();
  record["protectedSet"]["protectedFields"].push_back("absent");
  record["certificateHash"] = "";
  EXPECT_THAT(Named(Judged(record).contradictions),
              Contains("protectedSet.protectedFields PROTECTED_FIELD_MISSING"));
}

json Step(int index, const std::string& before) {
  json record = GoodRecord();
  record["snapshot"]["executionId"] = absl::StrCat("e-", index);
  if (!before.empty()) record["snapshot"]["prevStepHash"] = before;
  Seal(record);
  return record;
}

void SealProject(json& project) {
  json covered = project;
  for (const char* name : {"integrity", "embeddedBundles", "finalOutputSummary"}) {
    covered.erase(name);
  }
  project["integrity"]["projectHash"] = HashText(CanonicalHash(covered));
}

json Project() {
  json project = {{"bundleType", "cer.project.bundle.v1"},
                  {"version", "0.1"},
                  {"protocolVersion", "1.2.0"},
                  {"totalSteps", 3.0},
                  {"stepRegistry", json::array()},
                  {"embeddedBundles", json::object()},
                  {"finalOutputSummary", "all well"},
                  {"integrity", {{"algorithm", "sha256-canonical-json"}}}};
  std::string before;
  for (int i = 0; i < 3; ++i) {
    const json step = Step(i, before);
    before = step["certificateHash"];
    const std::string id = absl::StrCat("s", i);
    project["stepRegistry"].push_back({{"stepId", id},
                                       {"sequence", static_cast<double>(i)},
                                       {"executionId", step["snapshot"]["executionId"]},
                                       {"certificateHash", before}});
    project["embeddedBundles"][id] = step;
  }
  SealProject(project);
  return project;
}

TEST(Project, HoldsWithItsStepsAndSaysWhatItsHashLeavesOpen) {
  const Judgement judgement = Judged(Project());
  EXPECT_EQ(judgement.Text(), "holds; finalOutputSummary not covered");
  EXPECT_EQ(judgement.reading, "P1");
  ASSERT_EQ(judgement.steps.size(), 3);
  EXPECT_EQ(judgement.steps[1].first, "s1");
  EXPECT_EQ(judgement.steps[1].second.Text(), "holds");
  EXPECT_THAT(judgement.uncovered,
              UnorderedElementsAre("finalOutputSummary", "integrity.algorithm"));
  json covered = Project();
  json all = covered;
  for (const char* name : {"integrity", "embeddedBundles"}) all.erase(name);
  covered["integrity"]["projectHash"] = HashText(CanonicalHash(all));
  EXPECT_EQ(Judged(covered).Text(), "holds");
  EXPECT_EQ(Judged(covered).reading, "P2");
}

TEST(Project, NamesWhatIsWrongWithASTep) {
  json project = Project();
  project["embeddedBundles"]["s1"]["snapshot"]["prompt"] = "another";
  EXPECT_THAT(Named(Judged(project).contradictions),
              Contains("embeddedBundles.s1.certificateHash CERTIFICATE_HASH_MISMATCH"));
  project = Project();
  std::swap(project["embeddedBundles"]["s1"], project["embeddedBundles"]["s2"]);
  EXPECT_THAT(Named(Judged(project).contradictions),
              Contains("stepRegistry[1].certificateHash STEP_MISMATCH"));
  project = Project();
  project["embeddedBundles"]["more"] = Step(9, "");
  EXPECT_THAT(Named(Judged(project).contradictions),
              ElementsAre("embeddedBundles.more STEP_MISMATCH"));
  project = Project();
  project["totalSteps"] = 4.0;
  SealProject(project);
  EXPECT_THAT(Named(Judged(project).contradictions), ElementsAre("totalSteps STEP_MISMATCH"));
  project = Project();
  std::swap(project["stepRegistry"][0], project["stepRegistry"][1]);
  EXPECT_THAT(Named(Judged(project).contradictions),
              Contains("integrity.projectHash HASH_MISMATCH"));
  SealProject(project);
  EXPECT_THAT(Named(Judged(project).contradictions),
              Contains("embeddedBundles.s1.snapshot.prevStepHash CHAIN_BREAK"));
  EXPECT_THAT(Named(Judged(project).notices),
              Contains("stepRegistry[0].sequence REGISTRY_DIFFERS"));
  project = Project();
  project["stepRegistry"][1]["stepId"] = "s0";
  SealProject(project);
  EXPECT_THAT(Named(Judged(project).contradictions),
              Contains("stepRegistry[1].stepId SCHEMA_ERROR"));
}

TEST(Project, WithAStepThatIsNotGivenCannotBeChecked) {
  json project = Project();
  project["embeddedBundles"].erase("s1");
  const Judgement judgement = Judged(project);
  EXPECT_EQ(judgement.answer, Answer::kCannotCheck);
  EXPECT_THAT(Named(judgement.unchecked), ElementsAre("embeddedBundles.s1 STEP_NOT_GIVEN"));
  EXPECT_EQ(judgement.status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace cairn::certificate
