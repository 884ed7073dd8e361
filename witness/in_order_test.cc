#include "witness/in_order.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <vector>

namespace cairn::witness {
namespace {

TEST(RunInOrder, TakesEveryResultInOrderAndHoldsFewBack) {
  for (const size_t threads : {1, 2, 8}) {
    std::vector<uint64_t> taken;
    std::atomic<uint64_t> begun{0};
    const absl::Status status = RunInOrder<uint64_t>(
        500, threads,
        [&](uint64_t number) -> absl::StatusOr<uint64_t> {
          begun.fetch_add(1);
          return number * number;
        },
        [&](uint64_t number, uint64_t result) {
          EXPECT_EQ(result, number * number);
          EXPECT_LE(begun.load(), taken.size() + 2 * threads + 1);
          taken.push_back(number);
          return absl::OkStatus();
        });
    EXPECT_TRUE(status.ok());
    ASSERT_EQ(taken.size(), 500);
    for (uint64_t i = 0; i < 500; ++i) EXPECT_EQ(taken[i], i);
  }
}

TEST(RunInOrder, EndsAtTheFirstErrorInOrder) {
  std::vector<uint64_t> taken;
  const auto job = [](uint64_t number) -> absl::StatusOr<uint64_t> {
    if (number >= 5) return absl::DataLossError(std::to_string(number));
    return number;
  };
  const auto take = [&](uint64_t number, uint64_t) {
    taken.push_back(number);
    return absl::OkStatus();
  };
  EXPECT_EQ(RunInOrder<uint64_t>(100, 4, job, take), absl::DataLossError("5"));
  EXPECT_EQ(taken, (std::vector<uint64_t>{0, 1, 2, 3, 4}));
  const auto refuse = [](uint64_t, uint64_t) { return absl::AbortedError("enough"); };
  EXPECT_EQ(RunInOrder<uint64_t>(100, 4, job, refuse), absl::AbortedError("enough"));
  EXPECT_TRUE(RunInOrder<uint64_t>(0, 4, job, refuse).ok());
}

}  // namespace
}  // namespace cairn::witness
