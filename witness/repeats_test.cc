#include "witness/repeats.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "witness/testing/memory_log.h"

namespace cairn::witness {
namespace {

// By the definition.
std::vector<Repeated> Naive(const std::vector<uint64_t>& numbers, uint64_t from, uint64_t end) {
  std::map<uint64_t, Repeated> places;
  for (uint64_t i = 0; i < end; ++i) {
    if (numbers[i] != 0) places[numbers[i]].push_back(LeafIndex(i));
  }
  std::vector<Repeated> repeats;
  for (const auto& [number, indexes] : places) {
    if (indexes.size() > 1 && indexes.back().value() >= from) repeats.push_back(indexes);
  }
  std::sort(repeats.begin(), repeats.end());
  return repeats;
}

TEST(FindRepeats, FindsWhatTheDefinitionDoes) {
  std::mt19937_64 random(7);
  for (const uint64_t range : {3, 50, 100'000}) {
    std::vector<uint64_t> numbers(3000);
    for (uint64_t& number : numbers) number = random() % range;
    MemoryAuditStore store;
    ASSERT_TRUE(store.PutFingerprints(LeafIndex(0), numbers).ok());
    for (const uint64_t from : {0, 1, 2500, 2999, 3000}) {
      for (const uint64_t end : {from, uint64_t{3000}}) {
        const auto found = FindRepeats(store, LeafIndex(from), LeafIndex(end), 1'000'000);
        ASSERT_TRUE(found.ok()) << found.status();
        EXPECT_EQ(*found, Naive(numbers, from, end)) << range << " " << from << " " << end;
      }
    }
  }
}

TEST(FindRepeats, StopsAtTheBound) {
  std::vector<uint64_t> numbers;
  for (uint64_t i = 0; i < 1000; ++i) numbers.push_back(1 + i / 2);
  MemoryAuditStore store;
  ASSERT_TRUE(store.PutFingerprints(LeafIndex(0), numbers).ok());
  EXPECT_EQ(FindRepeats(store, LeafIndex(0), LeafIndex(1000), 10)->size(), 10);
}

TEST(FindRepeats, PassesOnWhatTheStoreAnswers) {
  MemoryAuditStore store;
  EXPECT_TRUE(absl::IsInternal(FindRepeats(store, LeafIndex(0), LeafIndex(5), 10).status()));
}

}  // namespace
}  // namespace cairn::witness
