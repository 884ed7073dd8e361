#include "witness/server/workers.h"

#include <atomic>
#include <future>

#include "gtest/gtest.h"

namespace cairn::server {
namespace {

TEST(Workers, RefuseOffersBeyondTheBoundButNotWhatIsOwed) {
  std::atomic<int> done = 0;
  Workers workers(1, 2);
  std::promise<void> started, go;
  workers.Run([&] {
    started.set_value();
    go.get_future().wait();
  });
  started.get_future().wait();
  EXPECT_EQ(workers.Offer([&] { ++done; }), absl::OkStatus());
  EXPECT_EQ(workers.Offer([&] { ++done; }), absl::OkStatus());
  EXPECT_EQ(workers.Offer([&] { ++done; }).code(), absl::StatusCode::kResourceExhausted);
  workers.Run([&] { ++done; });
  go.set_value();
  workers.Stop();
  EXPECT_EQ(done, 3) << "stopping runs what waits";
  EXPECT_EQ(workers.Offer([&] { ++done; }).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(done, 3);
}

}  // namespace
}  // namespace cairn::server
