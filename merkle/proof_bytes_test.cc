#include "merkle/proof_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace cairn::merkle {
namespace {

using ::testing::HasSubstr;

TEST(ParseProof, UndoesFormatProof) {
  Proof proof;
  for (size_t i = 0; i <= kMaxProofHashes; ++i) {
    const std::string bytes = FormatProof(proof);
    EXPECT_EQ(bytes.size(), 32 * i);
    const absl::StatusOr<Proof> parsed = ParseProof(bytes);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, proof);
    proof.push_back(HashLeaf(std::to_string(i)));
  }
}

TEST(ParseProof, RefusesBytesThatAreNoWholeHashes) {
  for (const size_t length : {1, 31, 33, 63 * 32 - 1}) {
    const absl::Status status = ParseProof(std::string(length, 'x')).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr(absl::StrCat("multiple of 32 bytes, got ", length)));
  }
}

TEST(ParseProof, RefusesMoreHashesThanTheBound) {
  const absl::Status status = ParseProof(std::string(64 * 32, 'x')).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("at most 63 hashes, got 64"));
}

}  // namespace
}  // namespace cairn::merkle
