// The sample files that the repository carries are what they are meant to show.

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/judge.h"
#include "tests/testing/vectors.h"

namespace cairn::certificate {
namespace {

using testing::FilesIn;
using testing::ReadFile;

constexpr char kSamples[] = "tools/samples";

NodeKeys SampleKeys() {
  return NodeKeys::Parse(ReadFile(absl::StrCat(kSamples, "/node-keys.json"))).value();
}

TEST(Samples, EveryJsonFileButTheKeysIsAGoodRecord) {
  const NodeKeys keys = SampleKeys();
  int attested = 0;
  for (const auto& path : FilesIn(kSamples, ".json")) {
    if (path.filename() == "node-keys.json") continue;
    const absl::StatusOr<JudgedRecord> record = JudgeRecord(ReadFile(path), {.node_keys = &keys});
    ASSERT_TRUE(record.ok()) << path << record.status();
    EXPECT_TRUE(record->judgement.status().ok()) << path << record->judgement.status();
    EXPECT_EQ(record->judgement.Text(), "holds") << path;
    for (const Attestation& one : record->judgement.attestations) {
      EXPECT_EQ(one.state, AttestationState::kProven) << path << one.detail;
      ++attested;
    }
  }
  EXPECT_EQ(attested, 1);
}

TEST(Samples, TheSecondStepNamesTheFirst) {
  const std::string first = ReadFile(absl::StrCat(kSamples, "/plan-step-1.json"));
  const JudgedRecord second =
      JudgeRecord(ReadFile(absl::StrCat(kSamples, "/plan-step-2.json"))).value();
  EXPECT_EQ(*TextMember(*Member(second.record(), "snapshot"), "prevStepHash"),
            absl::StrCat("sha256:", JudgeRecord(first).value().judgement.hash->Hex()));
}

TEST(Samples, TheTextFileIsNoRecord) {
  for (const auto& path : FilesIn(kSamples, ".txt")) {
    EXPECT_FALSE(JudgeRecord(ReadFile(path)).ok());
  }
}

}  // namespace
}  // namespace cairn::certificate
