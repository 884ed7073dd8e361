#include "anchor/round.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "merkle/naive_tree.h"

namespace cairn::anchor {
namespace {

class FreezeTest : public ::testing::Test {
 protected:
  Published At(uint64_t size) {
    return {.note = absl::StrCat("note over ", size, "\n"),
            .size = TreeSize(size),
            .root = tree_.Mth(0, size),
            .witnessed = true,
            .integrated = TreeSize(size)};
  }
  absl::StatusOr<Round> Next(const std::optional<RoundHead>& before, const Published& published) {
    return Freeze(before, published, 1234, [this](TreeSize old_size, TreeSize new_size) {
      return absl::StatusOr<merkle::Proof>(tree_.Consistency(old_size.value(), new_size.value()));
    });
  }

  merkle::NaiveTree tree_{40};
};

TEST_F(FreezeTest, KeepsTheExactBytesAndTheProofFromTheRoundBefore) {
  const auto first = Next(std::nullopt, At(7));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->note, "note over 7\n");
  EXPECT_EQ(first->head, (RoundHead{.number = 1,
                                    .size = TreeSize(7),
                                    .root = tree_.Mth(0, 7),
                                    .digest = merkle::Sha256("note over 7\n"),
                                    .frozen_at_ms = 1234,
                                    .witnessed = true}));
  EXPECT_TRUE(first->consistency.empty());
  const auto second = Next(first->head, At(40));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->head.number, 2u);
  EXPECT_EQ(second->consistency, tree_.Consistency(7, 40));
}

TEST_F(FreezeTest, RefusesATreeThatDidNotGrow) {
  EXPECT_EQ(Next(std::nullopt, At(0)).status().code(), absl::StatusCode::kInvalidArgument);
  const RoundHead before = Next(std::nullopt, At(7))->head;
  EXPECT_EQ(Next(before, At(7)).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Next(before, At(6)).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(FreezeTest, CallsASecondHistoryDamage) {
  const RoundHead before = Next(std::nullopt, At(7))->head;
  Published other = At(9);
  other.root = merkle::Sha256("another history");
  EXPECT_EQ(Next(before, other).status().code(), absl::StatusCode::kDataLoss);
  other.size = TreeSize(7);
  EXPECT_EQ(Next(before, other).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(FreezeTest, PassesOnWhyThereIsNoProof) {
  const RoundHead before = Next(std::nullopt, At(7))->head;
  const auto round = Freeze(before, At(9), 0, [](TreeSize, TreeSize) {
    return absl::StatusOr<merkle::Proof>(absl::UnavailableError("reading"));
  });
  EXPECT_EQ(round.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace cairn::anchor
