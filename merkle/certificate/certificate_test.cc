#include "merkle/certificate/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "merkle/certificate/record_testing.h"

namespace cairn::certificate {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Report Checked(const json& record, const NodeKeys* node_keys = nullptr) {
  return CheckCertificate(Text(record), node_keys).value();
}

std::vector<std::string> Fields(const Report& report) {
  std::vector<std::string> fields;
  for (const Finding& finding : report.findings) fields.push_back(finding.field);
  return fields;
}

void ExpectWrong(const json& record, const std::string& reason) {
  const absl::Status status = Checked(record).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
}

TEST(CheckCertificate, AcceptsAGoodRecord) {
  const json record = GoodRecord();
  const Report report = Checked(record);
  EXPECT_TRUE(report.status().ok()) << report.status();
  EXPECT_EQ(absl::StrCat("sha256:", report.certificate_hash.Hex()), record["certificateHash"]);
  EXPECT_THAT(report.uncovered, IsEmpty());
  EXPECT_EQ(report.attestation.state, AttestationState::kAbsent);
}

TEST(CheckCertificate, DoesNotDependOnWhitespaceOrOrder) {
  const json record = GoodRecord();
  EXPECT_EQ(CheckCertificate(record.dump(), nullptr).value().certificate_hash,
            CheckCertificate(record.dump(7), nullptr).value().certificate_hash);
}

TEST(CheckCertificate, CoversUnknownFieldsOfTheSnapshot) {
  json record = GoodRecord();
  record["snapshot"]["runId"] = "r";
  EXPECT_THAT(Fields(Checked(record)), ElementsAre("certificateHash"));
  Seal(record);
  EXPECT_TRUE(Checked(record).status().ok());
}

TEST(CheckCertificate, NamesEachFieldThatIsMissing) {
  const json good = GoodRecord();
  for (const char* name : {"bundleType", "version", "createdAt", "snapshot", "certificateHash"}) {
    json record = good;
    record.erase(name);
    ExpectWrong(record, absl::StrCat(name, " is missing"));
  }
  for (const char* name :
       {"type", "protocolVersion", "executionSurface", "executionId", "timestamp", "provider",
        "model", "prompt", "input", "inputHash", "parameters", "output", "outputHash"}) {
    json record = good;
    record["snapshot"].erase(name);
    ExpectWrong(record, absl::StrCat("snapshot.", name, " is missing"));
  }
  for (const char* name : {"temperature", "maxTokens", "topP", "seed"}) {
    json record = good;
    record["snapshot"]["parameters"].erase(name);
    ExpectWrong(record, absl::StrCat("snapshot.parameters.", name, " is missing"));
  }
}

TEST(CheckCertificate, NamesEachFieldOfAWrongKindAndDoesNotCrash) {
  const json good = GoodRecord();
  for (const json& wrong : {json(7.0), json(true), json::array({1.0}), json::object(), json("")}) {
    for (const char* name : {"bundleType", "version", "createdAt", "certificateHash"}) {
      json record = good;
      record[name] = wrong;
      ExpectWrong(record, absl::StrCat(name, " must"));
    }
    for (const char* name :
         {"type", "protocolVersion", "executionSurface", "executionId", "timestamp", "provider",
          "model", "prompt", "inputHash", "outputHash"}) {
      json record = good;
      record["snapshot"][name] = wrong;
      ExpectWrong(record, absl::StrCat("snapshot.", name, " must"));
    }
  }
  json record = good;
  record["snapshot"] = json::array();
  ExpectWrong(record, "snapshot must be an object");
  record = good;
  record["snapshot"]["parameters"] = "none";
  ExpectWrong(record, "snapshot.parameters must be an object");
  record = good;
  record["snapshot"]["parameters"]["topP"] = "0.9";
  ExpectWrong(record, "snapshot.parameters.topP must be a finite number or null, not \"0.9\"");
  record = good;
  record["snapshot"]["parameters"]["temperature"] = nullptr;
  ExpectWrong(record, "snapshot.parameters.temperature must be a finite number, not null");
}

TEST(CheckCertificate, RefusesNullForInputOrOutput) {
  for (const char* name : {"input", "output"}) {
    json record = GoodRecord();
    record["snapshot"][name] = nullptr;
    Seal(record);
    EXPECT_THAT(Fields(Checked(record)), ElementsAre(absl::StrCat("snapshot.", name)));
  }
}

TEST(CheckCertificate, RefusesOtherBundleTypesAndVersions) {
  json record = GoodRecord();
  record["bundleType"] = "cer.project.bundle.v1";
  ExpectWrong(record, "bundleType must be \"cer.ai.execution.v1\", not \"cer.project.bundle.v1\"");
  record = GoodRecord();
  record["version"] = std::string(500, '1');
  ExpectWrong(record, "version must be \"0.1\", not (502 bytes)");
}

TEST(CheckCertificate, RefusesAHashInAnyOtherSpelling) {
  const json good = GoodRecord();
  const std::string hash = good["certificateHash"];
  json record = good;
  record["certificateHash"] = absl::StrCat("sha256:", absl::AsciiStrToUpper(hash.substr(7)));
  EXPECT_THAT(Fields(Checked(record)), ElementsAre("certificateHash"));
  record["certificateHash"] = hash.substr(7);
  ExpectWrong(record, "certificateHash must start with \"sha256:\"");
  record["certificateHash"] = absl::StrCat(hash, " ");
  EXPECT_THAT(Fields(Checked(record)), ElementsAre("certificateHash"));
}

TEST(CheckCertificate, TellsWhichHashAnEditBreaks) {
  json record = GoodRecord();
  record["snapshot"]["output"]["answer"] = 43.0;
  EXPECT_THAT(Fields(Checked(record)), ElementsAre("snapshot.outputHash", "certificateHash"));
  record = GoodRecord();
  record["snapshot"]["prompt"] = "Be long.";
  EXPECT_THAT(Fields(Checked(record)), ElementsAre("certificateHash"));
}

TEST(CheckCertificate, ListsWhatNothingCovers) {
  json record = GoodRecord();
  record["meta"] = {{"tags", json::array({"x"})}, {"source", "s"}};
  record["context"] = json::object();
  const Report report = Checked(record);
  EXPECT_TRUE(report.status().ok());
  EXPECT_THAT(report.uncovered, UnorderedElementsAre("meta.tags", "meta.source", "context"));
  for (const json& meta : {json(7), json::object(), json(nullptr)}) {
    record["meta"] = meta;
    EXPECT_THAT(Checked(record).uncovered, UnorderedElementsAre("meta", "context"));
  }
}

// The text of a sealed record with `number`, which JSON libraries would round, as its seed.
std::string WithSeed(const std::string& number) {
  json record = GoodRecord();
  record["snapshot"]["parameters"]["seed"] = std::stod(number);
  Seal(record);
  record["snapshot"]["parameters"]["seed"] = "SEED";
  return absl::StrReplaceAll(Text(record), {{"\"SEED\"", number}});
}

TEST(CheckCertificate, ListsNumbersThatTheHashCoversOnlyAsRounded) {
  const Report one = CheckCertificate(WithSeed("9007199254740993"), nullptr).value();
  const Report other = CheckCertificate(WithSeed("9007199254740992.7"), nullptr).value();
  const Report exact = CheckCertificate(WithSeed("9007199254740992"), nullptr).value();
  EXPECT_TRUE(one.status().ok()) << one.status();
  EXPECT_EQ(one.certificate_hash, exact.certificate_hash);
  EXPECT_EQ(other.certificate_hash, exact.certificate_hash);
  EXPECT_EQ(exact.rounded.count, 0);
  ASSERT_EQ(one.rounded.count, 1);
  EXPECT_EQ(one.rounded.first[0].path, "snapshot.parameters.seed");
  EXPECT_EQ(one.rounded.first[0].text, "9007199254740993");
  EXPECT_EQ(one.rounded.first[0].canonical, "9007199254740992");
  ASSERT_EQ(other.rounded.count, 1);
  EXPECT_EQ(other.rounded.first[0].text, "9007199254740992.7");
}

TEST(CheckCertificate, DoesNotListNumbersThatNoHashCovers) {
  const std::string text = absl::StrCat(R"({"meta":{"n":9007199254740993},"more":[1e-400],)",
                                        Text(GoodRecord()).substr(1));
  const Report report = CheckCertificate(text, nullptr).value();
  EXPECT_TRUE(report.status().ok()) << report.status();
  EXPECT_EQ(report.rounded.count, 0);
  EXPECT_THAT(report.uncovered, UnorderedElementsAre("meta.n", "more"));
}

TEST(CheckCertificate, RefusesWhatIsNoStrictJsonObject) {
  for (const char* text :
       {"", "[]", "7", "{\"a\":1,\"a\":1}", "{\"a\":\"\\ud800\"}", "{\"a\":1e400}"}) {
    EXPECT_EQ(CheckCertificate(text, nullptr).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(Attestation, OfEitherShapeIsValidUnderTheNodesKey) {
  const json record = GoodRecord();
  const NodeKeys keys = GoodNodeKeys();
  for (const json& attestation : {NestedAttestation(record), FlatAttestation(record)}) {
    json attested = record;
    attested["meta"]["attestation"] = attestation;
    const Report report = Checked(attested, &keys);
    EXPECT_EQ(report.attestation.state, AttestationState::kValid) << report.attestation.reason;
    EXPECT_EQ(report.attestation.node_id, "node");
    EXPECT_EQ(report.attestation.kid, "k1");
    EXPECT_EQ(report.attestation.timestamp, "2026-01-02T03:04:06.000Z");
    EXPECT_THAT(report.uncovered, IsEmpty());
    EXPECT_TRUE(report.status().ok());
  }
}

TEST(Attestation, IsUncheckedAndUncoveredWithoutKeys) {
  json record = GoodRecord();
  record["meta"]["attestation"] = NestedAttestation(record);
  const Report report = Checked(record);
  EXPECT_EQ(report.attestation.state, AttestationState::kUnchecked);
  EXPECT_THAT(report.uncovered, ElementsAre("meta.attestation"));
  EXPECT_TRUE(report.status().ok());
}

TEST(Attestation, OfNullIsAbsent) {
  json record = GoodRecord();
  record["meta"]["attestation"] = nullptr;
  EXPECT_EQ(Checked(record).attestation.state, AttestationState::kAbsent);
}

TEST(Attestation, ListsNumbersThatItsSignatureCoversOnlyAsRounded) {
  json record = GoodRecord();
  const NodeKeys keys = GoodNodeKeys();
  record["meta"]["attestation"] = NestedAttestation(record, {{"sequence", 9007199254740992.0}});
  record["meta"]["attestation"]["receipt"]["sequence"] = "SEQUENCE";
  const std::string text =
      absl::StrReplaceAll(Text(record), {{"\"SEQUENCE\"", "9007199254740993"}});
  const Report report = CheckCertificate(text, &keys).value();
  EXPECT_TRUE(report.status().ok()) << report.status();
  EXPECT_EQ(report.rounded.count, 0);
  ASSERT_EQ(report.rounded_in_receipt.count, 1);
  EXPECT_EQ(report.rounded_in_receipt.first[0].path, "meta.attestation.receipt.sequence");
  EXPECT_EQ(report.rounded_in_receipt.first[0].text, "9007199254740993");
  // Unchecked, all of it is uncovered anyway.
  EXPECT_EQ(CheckCertificate(text, nullptr).value().rounded_in_receipt.count, 0);
}

TEST(Attestation, ListsMembersThatItsSignatureDoesNotCover) {
  json record = GoodRecord();
  const NodeKeys keys = GoodNodeKeys();
  for (json attestation : {NestedAttestation(record), FlatAttestation(record)}) {
    attestation["comment"] = "added";
    record["meta"]["attestation"] = attestation;
    const Report report = Checked(record, &keys);
    EXPECT_EQ(report.attestation.state, AttestationState::kValid);
    EXPECT_THAT(report.uncovered, ElementsAre("meta.attestation.comment"));
  }
}

// The reason that CheckCertificate gives against `attestation`, with or without keys.
std::string Reason(const json& attestation, const NodeKeys* keys) {
  json record = GoodRecord();
  record["meta"]["attestation"] = attestation;
  const Report report = Checked(record, keys);
  EXPECT_EQ(report.attestation.state, AttestationState::kInvalid);
  EXPECT_EQ(report.status().code(), absl::StatusCode::kInvalidArgument);
  return report.attestation.reason;
}

TEST(Attestation, OverAnotherRecordIsInvalidEvenWithoutKeys) {
  json other = GoodRecord();
  other["createdAt"] = "2026-01-02T03:04:05.679Z";
  Seal(other);
  EXPECT_THAT(Reason(NestedAttestation(other), nullptr),
              HasSubstr("meta.attestation.receipt.certificateHash is not this record's"));
  EXPECT_THAT(Reason(FlatAttestation(other), nullptr),
              HasSubstr("meta.attestation.certificateHash is not this record's"));
}

TEST(Attestation, WithAnyEditedMemberIsInvalid) {
  const NodeKeys keys = GoodNodeKeys();
  const json nested = NestedAttestation(GoodRecord());
  json edited = nested;
  edited["receipt"]["timestamp"] = "2025-01-02T03:04:06.000Z";
  EXPECT_THAT(Reason(edited, &keys), HasSubstr("meta.attestation.signature does not hold"));
  edited = nested;
  edited["receipt"]["comment"] = "added";
  EXPECT_THAT(Reason(edited, &keys), HasSubstr("meta.attestation.signature does not hold"));
  edited = nested;
  edited["receipt"]["nodeId"] = "other";
  EXPECT_THAT(Reason(edited, &keys), HasSubstr("is by node `other`, the keys given are of `node`"));
  edited = nested;
  edited["receipt"]["kid"] = edited["kid"] = "k2";
  EXPECT_THAT(Reason(edited, &keys), HasSubstr("no key `k2`"));
  edited = nested;
  edited["kid"] = "k2";
  EXPECT_THAT(Reason(edited, nullptr), HasSubstr("meta.attestation.kid is not the receipt's"));
}

TEST(Attestation, WithAnyEditedCharacterOfItsSignatureIsInvalid) {
  const NodeKeys keys = GoodNodeKeys();
  const json nested = NestedAttestation(GoodRecord());
  const std::string signature = nested["signature"];
  for (size_t at = 0; at < signature.size(); ++at) {
    std::string changed = signature;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    json edited = nested;
    edited["signature"] = changed;
    EXPECT_THAT(Reason(edited, &keys), HasSubstr("meta.attestation.signature"));
  }
}

TEST(Attestation, ThatIsMalformedIsInvalidEvenWithoutKeys) {
  EXPECT_THAT(Reason("text", nullptr), HasSubstr("meta.attestation is not an object"));
  json edited = NestedAttestation(GoodRecord());
  edited["receipt"] = 7;
  EXPECT_THAT(Reason(edited, nullptr), HasSubstr("meta.attestation.receipt is not an object"));
  for (const char* name : {"certificateHash", "timestamp", "nodeId", "kid"}) {
    edited = NestedAttestation(GoodRecord());
    edited["receipt"].erase(name);
    EXPECT_THAT(Reason(edited, nullptr),
                HasSubstr(absl::StrCat("receipt.", name, " is not a text")));
    edited = FlatAttestation(GoodRecord());
    edited[name] = 7;
    EXPECT_THAT(Reason(edited, nullptr),
                HasSubstr(absl::StrCat("attestation.", name, " is not a text")));
  }
  edited = NestedAttestation(GoodRecord());
  edited.erase("signature");
  EXPECT_THAT(Reason(edited, nullptr), HasSubstr("signature is not a text, or missing"));
  edited["signature"] = "!";
  EXPECT_THAT(Reason(edited, nullptr), HasSubstr("signature is not canonical base64"));
  edited["signature"] = "AAAA";
  EXPECT_THAT(Reason(edited, nullptr), HasSubstr("meta.attestation.signature"));
}

TEST(HashFileBytes, GivesARecordItsCertificateHash) {
  const json record = GoodRecord();
  const FileHash file = HashFileBytes(Text(record), nullptr).value();
  ASSERT_TRUE(file.record.has_value());
  EXPECT_EQ(absl::StrCat("sha256:", file.hash.Hex()), record["certificateHash"]);
}

TEST(HashFileBytes, GivesAnyOtherFileTheHashOfItsBytes) {
  for (const std::string& bytes :
       {std::string(), std::string("text"), std::string("{\"a\":1}"), std::string("[]"),
        std::string("{\"a\":1,\"a\":2}"), std::string("\xff\0\x01", 3), std::string("{"),
        std::string("[\"bundleType\"]")}) {
    const FileHash file = HashFileBytes(bytes, nullptr).value();
    EXPECT_FALSE(file.record.has_value()) << bytes;
    EXPECT_EQ(file.hash, merkle::Sha256(bytes));
  }
}

TEST(HashFileBytes, RefusesARecordThatIsNotGood) {
  json record = GoodRecord();
  record["snapshot"].erase("output");
  const absl::Status status = HashFileBytes(Text(record), nullptr).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("snapshot.output is missing"));
  record = GoodRecord();
  record.erase("certificateHash");
  EXPECT_FALSE(HashFileBytes(Text(record), nullptr).ok());
  record = GoodRecord();
  record.erase("bundleType");
  EXPECT_FALSE(HashFileBytes(Text(record), nullptr).ok());
}

TEST(HashFileBytes, DoesNotJudgeRecordsOfKindsItDoesNotKnow) {
  json record = GoodRecord();
  for (const auto& [name, value] :
       {std::pair<std::string, json>("bundleType", "cer.governed.execution.step.v1"),
        {"bundleType", "cer.ai.execution.v2"},
        {"bundleType", 7.0},
        {"bundleType", nullptr},
        {"version", "0.2"}}) {
    record = GoodRecord();
    record[name] = value;
    const absl::Status status = HashFileBytes(Text(record), nullptr).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("of a kind that this program does not know: ", name)));
  }
}

TEST(HashFileBytes, RefusesWhatLooksLikeARecordButIsNotStrictJson) {
  const std::string text = Text(GoodRecord());
  const std::string deep = absl::StrCat("{\"x\":", std::string(kMaxDepth, '['),
                                        std::string(kMaxDepth, ']'), ",", text.substr(1));
  std::string utf16 = "\xFF\xFE";
  for (const char c : text) utf16 += {c, '\0'};
  for (const std::string& bytes :
       {absl::StrCat("{\"createdAt\":\"x\",", text.substr(1)), text.substr(0, text.size() - 1),
        text.substr(0, text.size() / 2), absl::StrCat("\xEF\xBB\xBF", text),
        absl::StrCat(text, "x"), absl::StrCat(text, "\n", text), deep, utf16,
        absl::StrCat("{\"x\":1e400,", text.substr(1)),
        absl::StrReplaceAll(deep, {{"bundleType", "bundle\\u0054ype"},
                                   {"certificateHash", "certificat\\u0065Hash"}})}) {
    const absl::Status status = HashFileBytes(bytes, nullptr).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr("looks like a record, but"));
  }
}

}  // namespace
}  // namespace cairn::certificate
