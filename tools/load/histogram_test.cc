#include "tools/load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace cairn::load {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.max(), nanoseconds(0));
  EXPECT_EQ(histogram.Quantile(0.99), nanoseconds(0));
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (int i = 0; i < 256; ++i) histogram.Record(nanoseconds(i));
  for (int i = 1; i <= 256; ++i) EXPECT_EQ(histogram.Quantile(i / 256.0), nanoseconds(i - 1)) << i;
}

// Against the sorted values themselves, over all magnitudes.
TEST(Histogram, QuantilesAreNeverBelowAndAtMostOne128thAbove) {
  std::mt19937_64 random(7);
  std::vector<int64_t> values;
  Histogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<int64_t>(random() >> (1 + random() % 63)));
    histogram.Record(nanoseconds(values.back()));
  }
  std::sort(values.begin(), values.end());
  for (const double quantile : {0.0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const double rank = std::ceil(quantile * static_cast<double>(values.size()));
    const int64_t exact = values[rank < 1 ? 0 : static_cast<size_t>(rank) - 1];
    const int64_t got = histogram.Quantile(quantile).count();
    EXPECT_GE(got, exact) << quantile;
    EXPECT_LE(got - exact, exact / 128) << quantile;
  }
  EXPECT_EQ(histogram.Quantile(1), histogram.max());
  EXPECT_EQ(histogram.max(), nanoseconds(values.back()));
}

TEST(Histogram, TakesTheLargestAndTheNegative) {
  Histogram histogram;
  histogram.Record(nanoseconds(-5));
  EXPECT_EQ(histogram.max(), nanoseconds(0));
  histogram.Record(nanoseconds::max());
  EXPECT_EQ(histogram.Quantile(0.5), nanoseconds(0));
  EXPECT_EQ(histogram.Quantile(1), nanoseconds::max());
}

TEST(Histogram, MergedIsAsRecordedInOne) {
  Histogram all, even, odd;
  for (int i = 0; i < 10'000; ++i) {
    all.Record(nanoseconds(i * i));
    (i % 2 ? odd : even).Record(nanoseconds(i * i));
  }
  even.Merge(odd);
  EXPECT_EQ(even.count(), all.count());
  EXPECT_EQ(even.max(), all.max());
  for (int i = 0; i <= 100; ++i) EXPECT_EQ(even.Quantile(i / 100.0), all.Quantile(i / 100.0));
}

TEST(Histogram, TimesCountAsThatManyRecords) {
  Histogram histogram;
  histogram.Record(nanoseconds(10), 99);
  histogram.Record(nanoseconds(1'000'000), 0);
  histogram.Record(nanoseconds(200), 1);
  EXPECT_EQ(histogram.count(), 100u);
  EXPECT_EQ(histogram.Quantile(0.99), nanoseconds(10));
  EXPECT_EQ(histogram.max(), nanoseconds(200));
}

}  // namespace
}  // namespace cairn::load
