// Records of every kind are judged as they were when they were made, to the letter.

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/golden/found_of_records.h"
#include "tests/testing/vectors.h"

namespace cairn::testing {
namespace {

TEST(GoldenRecords, AreJudgedAsTheyWere) {
  const std::filesystem::path records = "tests/golden/records";
  EXPECT_EQ(FoundOfRecords(records), ReadFile(records / kJudgements))
      << "made anew by //tests/golden:make_records";
}

}  // namespace
}  // namespace cairn::testing
