#include "tools/cairn/evidence_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_replace.h"
#include "anchor/evidence/testing/example.h"
#include "merkle/proof_bytes.h"

namespace cairn::cli {
namespace {

using ::testing::HasSubstr;
namespace example = evidence::testing;

TEST(EvidencePath, ReplacesTheTwoKnownEndings) {
  EXPECT_EQ(EvidencePath("out", "in/record.json"), "out/record.cairn.json");
  EXPECT_EQ(EvidencePath("out/", "record.txt"), "out/record.cairn.json");
}

TEST(EvidencePath, KeepsOtherNamesWhole) {
  EXPECT_EQ(EvidencePath("out", "report.pdf"), "out/report.pdf.cairn.json");
  EXPECT_EQ(EvidencePath("out", "a.b.c"), "out/a.b.c.cairn.json");
  EXPECT_EQ(EvidencePath("out", ".json"), "out/.json.cairn.json");
  EXPECT_EQ(EvidencePath("out", "plain"), "out/plain.cairn.json");
}

TEST(MakeEvidence, TurnsAnAnswerIntoEvidence) {
  const evidence::Evidence expected = example::MakeEvidence(example::kSigned);
  const std::string proof = merkle::FormatProof(expected.proof.proof);
  const absl::StatusOr<evidence::Evidence> made =
      MakeEvidence({.index = expected.proof.index.value(),
                    .entry = expected.entry,
                    .proof = proof,
                    .checkpoint = expected.proof.checkpoint},
                   expected.kind, expected.openings);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(*made, expected);
}

TEST(MakeEvidence, RefusesMalformedAnswers) {
  const evidence::Evidence good = example::MakeEvidence(example::kSigned);
  const std::string proof = merkle::FormatProof(good.proof.proof);
  const auto make = [&](absl::string_view entry, absl::string_view proof_bytes,
                        absl::string_view checkpoint) {
    return MakeEvidence(
               {.index = 2, .entry = entry, .proof = proof_bytes, .checkpoint = checkpoint},
               std::nullopt, {})
        .status();
  };
  const absl::string_view cut(proof.data(), proof.size() - 1);
  EXPECT_EQ(make(good.entry, cut, good.proof.checkpoint).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(make("", proof, good.proof.checkpoint).message()),
              HasSubstr("the log's answer is malformed: `entry`"));
  EXPECT_THAT(std::string(make(good.entry, proof, "").message()),
              HasSubstr("the log's answer is malformed: `proof`"));
}

absl::Status Judge(const evidence::Evidence& evidence, bool have_log_key) {
  evidence::VerifyOptions options;
  if (have_log_key) options.log_key = example::LogKey().verifier_key();
  return CheckReport(evidence, *evidence::Verify(evidence, options), have_log_key);
}

TEST(CheckReport, AcceptsWhatVerifiesAndWithoutAKeyWhatHoldsTogether) {
  const evidence::Evidence good = example::MakeEvidence(example::kSigned);
  EXPECT_TRUE(Judge(good, true).ok());
  EXPECT_TRUE(Judge(good, false).ok());
}

TEST(CheckReport, RefusesAFalsePathWithAndWithoutAKey) {
  evidence::Evidence bad = example::MakeEvidence(example::kSigned);
  bad.proof.proof[0].bytes[0] ^= 1;
  for (const bool have_log_key : {true, false}) {
    EXPECT_THAT(std::string(Judge(bad, have_log_key).message()),
                HasSubstr("the log's answer does not verify: inclusion: "));
  }
}

TEST(CheckReport, RefusesAnotherKeysCheckpoint) {
  const evidence::Evidence other =
      example::MakeEvidence(example::kUnsigned, example::OtherKey("other.example"));
  EXPECT_THAT(std::string(Judge(other, true).message()), HasSubstr("checkpoint: origin"));
  EXPECT_TRUE(Judge(other, false).ok());
}

TEST(CheckReport, WantsASignatureLineInTheLogsNameEvenWithoutAKey) {
  evidence::Evidence other =
      example::MakeEvidence(example::kUnsigned, example::OtherKey("other.example"));
  other.proof.checkpoint =
      absl::StrReplaceAll(other.proof.checkpoint, {{"\u2014 other.example", "\u2014 x.example"}});
  EXPECT_THAT(std::string(Judge(other, false).message()),
              HasSubstr("carries no signature in the log's name"));
}

}  // namespace
}  // namespace cairn::cli
