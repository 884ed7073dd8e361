#include "merkle/certificate/aief.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "merkle/certificate/record_testing.h"

namespace cairn::certificate {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

AiefReport Reported(const Json& record, const AiefOptions& options = {},
                    const NodeKeys* keys = nullptr) {
  return JudgeAief(JudgeRecord(Text(record), {.node_keys = keys, .now_s = 1800000000}), options);
}

TEST(JudgeAief, PassesAGoodRecordAndSaysHowFarItGoes) {
  Json record = GoodRecord();
  record["snapshot"]["appId"] = "app";
  Seal(record);
  const AiefReport report = Reported(record);
  EXPECT_TRUE(report.pass);
  EXPECT_EQ(report.reason, "");
  EXPECT_TRUE(report.schema_supported && report.integrity_valid && report.protected_set_valid &&
              report.chain_valid);
  EXPECT_EQ(report.level, 2);
  EXPECT_THAT(report.missing, Contains(HasSubstr("05 independent validation")));
  EXPECT_EQ(Reported(record, {.evidence_verified = true}).level, 3);
  // Of no app and no workflow.
  EXPECT_EQ(Reported(GoodRecord()).level, 0);
  EXPECT_THAT(Reported(GoodRecord()).missing, Contains(HasSubstr("no app or workflow id")));
}

TEST(JudgeAief, GivesTheContractsReasons) {
  Json edited = GoodRecord();
  edited["snapshot"]["prompt"] = "another";
  Json upper = GoodRecord();
  upper["certificateHash"] = "SHA256:00";
  Json unknown = GoodRecord();
  unknown["version"] = "9";
  Json bare = GoodRecord();
  bare.erase("snapshot");
  Json undated = GoodRecord();
  undated.erase("createdAt");
  const Json alone = {{"bundleType", "hash-only-timestamp"},
                      {"version", "0.1"},
                      {"certificateHash", GoodRecord()["certificateHash"]}};
  for (const auto& [record, reason] : {std::pair(edited, "integrityProofMismatch"),
                                       {upper, "malformedArtifact"},
                                       {unknown, "unsupportedSchema"},
                                       {bare, "incompleteArtifact"},
                                       {undated, "protectedFieldMissing"},
                                       {alone, "verificationMaterialUnavailable"}}) {
    const AiefReport report = Reported(record);
    EXPECT_FALSE(report.pass) << reason;
    EXPECT_EQ(report.reason, reason);
  }
  EXPECT_FALSE(Reported(alone).integrity_valid);
  EXPECT_EQ(JudgeAief(JudgeRecord("{"), {}).reason, "malformedArtifact");
}

TEST(JudgeAief, FailsForWantOfWhatWasDemanded) {
  const Json record = GoodRecord();
  EXPECT_EQ(Reported(record, {.require_attestation = true}).reason,
            "verificationMaterialUnavailable");
  Json attested = record;
  attested["meta"]["attestation"] = NestedAttestation(record);
  const NodeKeys keys = GoodNodeKeys();
  EXPECT_TRUE(Reported(attested, {.require_attestation = true}, &keys).pass);
  attested["meta"]["attestation"]["receipt"]["timestamp"] = "2020-01-01T00:00:00Z";
  EXPECT_EQ(Reported(attested, {}, &keys).reason, "signatureInvalid");
}

}  // namespace
}  // namespace cairn::certificate
