#include "tools/load/pace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tools/load/histogram.h"

namespace cairn::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Clock::time_point kBegin = Clock::time_point(std::chrono::hours(1));

TEST(Pace, ClosedLoopIsAlwaysDueAndCountsFromNow) {
  Pace pace;
  EXPECT_FALSE(pace.open());
  EXPECT_LT(pace.due(), kBegin);
  EXPECT_EQ(pace.Take(kBegin), kBegin);
  EXPECT_EQ(pace.Behind(kBegin + seconds(9)), 0u);
}

TEST(Pace, OpenLoopIsDueAtFixedTimesWheneverItIsTaken) {
  Pace pace(kBegin, 100, 0, 1);
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(pace.due(), kBegin + milliseconds(10) * i);
    EXPECT_EQ(pace.Take(kBegin + seconds(77)), kBegin + milliseconds(10) * i);
  }
}

TEST(Pace, DoesNotDrift) {
  Pace pace(kBegin, 3, 0, 1);
  for (int i = 0; i < 3'000'000; ++i) pace.Take(kBegin);
  EXPECT_EQ(pace.due(), kBegin + seconds(1'000'000));
}

TEST(Pace, WorkersShareTheTimesOfOne) {
  std::multiset<Clock::time_point> shared, alone;
  for (uint32_t worker = 0; worker < 3; ++worker) {
    Pace pace(kBegin, 1000, worker, 3);
    for (int i = 0; i < 40; ++i) shared.insert(pace.Take(kBegin));
  }
  Pace pace(kBegin, 1000, 0, 1);
  for (int i = 0; i < 120; ++i) alone.insert(pace.Take(kBegin));
  EXPECT_EQ(shared, alone);
}

TEST(Pace, CountsWhatWasDueAndNotTaken) {
  Pace pace(kBegin, 100, 0, 1);
  for (int i = 0; i < 30; ++i) pace.Take(kBegin);
  EXPECT_EQ(pace.Behind(kBegin + milliseconds(300)), 0u);
  EXPECT_EQ(pace.Behind(kBegin + milliseconds(301)), 1u);
  EXPECT_EQ(pace.Behind(kBegin + seconds(1)), 70u);
  EXPECT_EQ(Pace(kBegin, 100, 1, 4).Behind(kBegin + seconds(1)), 25u);
}

// A server that answers one request after the other, each within a millisecond, but stands still
// for one second of ten.
class StallingServer {
 public:
  Clock::time_point Answer(Clock::time_point sent) {
    const Clock::time_point stall = kBegin + seconds(4);
    free_ = std::max(free_, sent) + milliseconds(1);
    if (free_ > stall && free_ < stall + seconds(1)) free_ = stall + seconds(1);
    return free_;
  }

 private:
  Clock::time_point free_ = kBegin;
};

// One client, who sends the next request when the last is answered, and not before it is due.
Histogram Measure(Pace pace) {
  StallingServer server;
  Histogram latency;
  for (Clock::time_point now = kBegin; now < kBegin + seconds(10);) {
    now = std::max(now, pace.due());
    const Clock::time_point meant = pace.Take(now);
    now = server.Answer(now);
    latency.Record(now - meant);
  }
  return latency;
}

// Coordinated omission. A tenth of the time nobody was answered: who asks at a fixed rate waited in
// a tenth of the requests, on average half a second. In a closed loop there was one such request
// among 9,000, and even the 99.9th percentile says that all was well.
TEST(Pace, ShowsAStallThatAClosedLoopHides) {
  const Histogram closed = Measure(Pace());
  EXPECT_LE(closed.Quantile(0.999), milliseconds(2));

  const Histogram open = Measure(Pace(kBegin, 500, 0, 1));
  EXPECT_LE(open.Quantile(0.5), milliseconds(2));
  EXPECT_GE(open.Quantile(0.9), milliseconds(400));
  EXPECT_GE(open.Quantile(0.99), milliseconds(900));
}

}  // namespace
}  // namespace cairn::load
