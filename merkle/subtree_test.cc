#include "merkle/subtree.h"

#include <gtest/gtest.h>

#include "merkle/types.h"

namespace cairn::merkle {
namespace {

TEST(Subtree, IsValidWhenItsBeginIsAligned) {
  EXPECT_TRUE(IsValid({0, 0}));
  EXPECT_TRUE(IsValid({7, 7}));
  EXPECT_TRUE(IsValid({7, 8}));
  EXPECT_TRUE(IsValid({4, 7}));
  EXPECT_TRUE(IsValid({8, 13}));
  EXPECT_FALSE(IsValid({4, 9}));
  EXPECT_FALSE(IsValid({1, 3}));
  EXPECT_FALSE(IsValid({2, 5}));
}

TEST(Subtree, IsNotValidBackwardsOrBeyondTheLargestTree) {
  EXPECT_FALSE(IsValid({3, 2}));
  EXPECT_TRUE(IsValid({0, kMaxTreeSize}));
  EXPECT_FALSE(IsValid({1, kMaxTreeSize}));
  EXPECT_FALSE(IsValid({0, kMaxTreeSize + 1}));
  EXPECT_FALSE(IsValid({0, ~uint64_t{0}}));
}

TEST(CoveringSubtrees, AreValidAndCoverEveryInterval) {
  for (uint64_t end = 0; end <= 130; ++end) {
    for (uint64_t begin = 0; begin <= end; ++begin) {
      const auto [left, right] = CoveringSubtrees({begin, end});
      ASSERT_TRUE(IsValid(left) && IsValid(right)) << begin << " " << end;
      ASSERT_LE(left.begin, begin);
      ASSERT_EQ(left.end, right.begin);
      ASSERT_EQ(right.end, end);
      // The left one is less than twice as large as what it has to cover, so it is never wasteful.
      if (end - begin > 1) {
        ASSERT_LT(left.end - left.begin, 2 * (left.end - begin));
      }
    }
  }
}

TEST(CoveringSubtrees, ReachTheLargestTree) {
  const auto [left, right] = CoveringSubtrees({1, kMaxTreeSize});
  EXPECT_EQ(left, (Subtree{0, uint64_t{1} << 62}));
  EXPECT_EQ(right, (Subtree{uint64_t{1} << 62, kMaxTreeSize}));
  EXPECT_TRUE(IsValid(left) && IsValid(right));
}

}  // namespace
}  // namespace cairn::merkle
