#include "merkle/certificate/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "merkle/certificate/difference.h"
#include "merkle/certificate/record_testing.h"

namespace cairn::certificate {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

JudgedRecord Judged(const Json& record) { return JudgeRecord(Text(record)).value(); }

// A chain of `count` executions.
std::vector<JudgedRecord> Chain(int count) {
  std::vector<JudgedRecord> records;
  std::string before;
  for (int i = 0; i < count; ++i) {
    Json record = GoodRecord();
    record["snapshot"]["executionId"] = absl::StrCat("e-", i);
    record["snapshot"]["stepIndex"] = static_cast<double>(i);
    record["snapshot"]["workflowId"] = "w";
    if (!before.empty()) record["snapshot"]["prevStepHash"] = before;
    Seal(record);
    before = record["certificateHash"].get<std::string>();
    records.push_back(Judged(record));
  }
  return records;
}

std::vector<std::string> Found(const std::vector<JudgedRecord>& records, bool listed = true) {
  std::vector<RunInput> inputs;
  for (size_t i = 0; i < records.size(); ++i) inputs.push_back({absl::StrCat(i), &records[i]});
  std::vector<std::string> found;
  for (const Finding& finding : JudgeRun(inputs, listed).findings) {
    found.push_back(absl::StrCat(finding.field, " ", finding.code));
  }
  return found;
}

TEST(JudgeRun, TakesAWholeChain) { EXPECT_THAT(Found(Chain(4)), IsEmpty()); }

TEST(JudgeRun, NamesWhatIsMissingDoubledOrOutOfOrder) {
  std::vector<JudgedRecord> records = Chain(4);
  records.erase(records.begin());
  EXPECT_THAT(Found(records), Contains("0 MISSING_STEP"));
  records = Chain(4);
  records.erase(records.begin() + 2);
  EXPECT_THAT(Found(records), Contains("2 MISSING_STEP"));
  records = Chain(4);
  records.push_back(Judged(records[1].document));
  EXPECT_THAT(Found(records), Contains("4 DOUBLED_STEP"));
  records = Chain(4);
  std::swap(records[1], records[2]);
  EXPECT_THAT(Found(records), Contains("1 REORDERED_STEP"));
  EXPECT_THAT(Found(records, /*listed=*/false), IsEmpty());
}

TEST(JudgeRun, NamesWhatDoesNotBelongAndWhatDoesNotHold) {
  std::vector<JudgedRecord> records = Chain(3);
  Json foreign = GoodRecord();
  foreign["snapshot"]["executionId"] = "elsewhere";
  foreign["snapshot"]["workflowId"] = "other";
  Seal(foreign);
  records.push_back(Judged(foreign));
  EXPECT_THAT(Found(records), ElementsAre("3 FOREIGN_STEP"));
  records = Chain(3);
  Json loose = GoodRecord();
  loose["snapshot"]["executionId"] = "loose";
  Seal(loose);
  records.push_back(Judged(loose));
  EXPECT_THAT(Found(records), ElementsAre("3 UNLINKED_STEP"));
  records = Chain(3);
  Json edited = records[1].document;
  edited["snapshot"]["prompt"] = "another";
  records[1] = Judged(edited);
  EXPECT_THAT(Found(records), Contains("1 RECORD_CONTRADICTS_ITSELF"));
  EXPECT_THAT(Found(records), Contains("2 MISSING_STEP"));
}

TEST(Compare, CallsDriftOnlyWhatIs) {
  const Json first = GoodRecord();
  EXPECT_FALSE(Compare(first, first).any());
  Json second = first;
  second["snapshot"]["output"]["answer"] = 43.0;
  second["snapshot"]["executionId"] = "another";
  Seal(second);
  EXPECT_TRUE(Compare(first, second).execution_drift);
  second["snapshot"]["parameters"]["seed"] = 8.0;
  EXPECT_TRUE(Compare(first, second).any());
  EXPECT_FALSE(Compare(first, second).execution_drift);
}

TEST(Compare, ComparesNoCommitments) {
  Json first = GoodRecord(), second = GoodRecord();
  first["snapshot"]["output"] = {{"_redacted", true}, {"commitment", "sha256:1"}};
  second["snapshot"]["output"] = {{"_redacted", true}, {"commitment", "sha256:2"}};
  second["snapshot"]["outputHash"] = "sha256:3";
  const Difference difference = Compare(first, second);
  EXPECT_EQ(difference.aspects.back().comparison, Comparison::kCannotCompare);
  EXPECT_FALSE(difference.execution_drift);
}

}  // namespace
}  // namespace cairn::certificate
