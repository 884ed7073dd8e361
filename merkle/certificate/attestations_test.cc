#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/escaping.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/record_testing.h"

namespace cairn::certificate {
namespace {

using json = Json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Receipts and envelopes, as JudgeRecord finds them.

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

}  // namespace
}  // namespace cairn::certificate
