#include "merkle/certificate/redaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/record_testing.h"

namespace cairn::certificate {
namespace {

using ::testing::HasSubstr;

JudgedRecord Judged(const Json& record) { return JudgeRecord(Text(record)).value(); }

Hash Salt() { return merkle::Sha256("salt"); }

TEST(Redact, SealsWhatIsLeftAndForgetsWhatIsNot) {
  Json record = GoodRecord();
  record["context"] = {{"note", record["snapshot"]["inputHash"]}};
  Seal(record);
  record["meta"]["attestation"] = NestedAttestation(record);
  const Redacted redacted =
      Redact(Judged(record), {.remove = {"snapshot.input"}, .replace = {}, .commit = {}}, Salt)
          .value();
  const Judgement judgement = Judged(redacted.record).judgement;
  EXPECT_EQ(judgement.Text(), "holds") << Text(redacted.record);
  EXPECT_TRUE(judgement.attestations.empty());
  const std::string text = CanonicalJson(redacted.record);
  for (const Json& gone :
       {record["snapshot"]["input"], record["snapshot"]["inputHash"], record["certificateHash"]}) {
    EXPECT_FALSE(absl::StrContains(text, gone.get<std::string>())) << gone;
  }
}

TEST(Redact, HashesAnewWhatIsReplaced) {
  const Redacted redacted =
      Redact(
          Judged(GoodRecord()),
          {.remove = {}, .replace = {{"snapshot.output.answer", Json("[REDACTED]")}}, .commit = {}},
          Salt)
          .value();
  EXPECT_EQ(Judged(redacted.record).judgement.Text(), "holds");
  EXPECT_EQ(redacted.record["snapshot"]["output"]["answer"], "[REDACTED]");
  EXPECT_NE(redacted.record["snapshot"]["outputHash"], GoodRecord()["snapshot"]["outputHash"]);
}

TEST(Redact, LinksTheOriginalOnlyWhenAsked) {
  const Json record = GoodRecord();
  const Redacted redacted =
      Redact(Judged(record),
             {.remove = {"snapshot.prompt"}, .replace = {}, .commit = {}, .link_original = true},
             Salt)
          .value();
  EXPECT_EQ(redacted.record["provenance"]["originalCertificateHash"], record["certificateHash"]);
  EXPECT_EQ(Judged(redacted.record).judgement.Text(), "holds");
}

TEST(Redact, RefusesWhatMustStayAndWhatIsNotThere) {
  for (const char* path : {"bundleType", "snapshot", "snapshot.protocolVersion", "snapshot.nothing",
                           "snapshot.input[0]", "certificateHash", "", "a..b", "snapshot["}) {
    EXPECT_EQ(Redact(Judged(GoodRecord()), {.remove = {path}, .replace = {}, .commit = {}}, Salt)
                  .status()
                  .code(),
              absl::StatusCode::kInvalidArgument)
        << path;
  }
  Json edited = GoodRecord();
  edited["snapshot"]["prompt"] = "another";
  EXPECT_THAT(std::string(Redact(Judged(edited),
                                 {.remove = {"snapshot.prompt"}, .replace = {}, .commit = {}}, Salt)
                              .status()
                              .message()),
              HasSubstr("contradicts itself"));
}

TEST(Commitments, OpenWithTheirSaltAndNoOther) {
  Json record = GoodRecord();
  record["snapshot"]["protocolVersion"] = "1.3.1";
  Seal(record);
  const Redacted redacted =
      Redact(Judged(record), {.remove = {}, .replace = {}, .commit = {"snapshot.input"}}, Salt)
          .value();
  EXPECT_EQ(Judged(redacted.record).judgement.Text(), "holds");
  EXPECT_FALSE(absl::StrContains(CanonicalJson(redacted.record), "a question"));
  ASSERT_EQ(redacted.openings.size(), 1);
  CommitmentOpening opening = redacted.openings[0];
  EXPECT_TRUE(VerifyCommitment(redacted.record, opening).ok());
  opening.value = "another question";
  EXPECT_EQ(VerifyCommitment(redacted.record, opening).code(), absl::StatusCode::kInvalidArgument);
  opening = redacted.openings[0];
  opening.salt = merkle::Sha256("other");
  EXPECT_EQ(VerifyCommitment(redacted.record, opening).code(), absl::StatusCode::kInvalidArgument);
  opening.path = "snapshot.output";
  EXPECT_EQ(VerifyCommitment(redacted.record, opening).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Redact(Judged(GoodRecord()),
                   {.remove = {}, .replace = {}, .commit = {"snapshot.input"}}, Salt)
                .status()
                .code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace cairn::certificate
