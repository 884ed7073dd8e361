#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/record_testing.h"

namespace cairn::certificate {
namespace {

using json = Json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

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
