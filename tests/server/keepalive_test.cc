// A quiet watch stays open for clients that ping, as those behind load balancers do, and a flood of
// pings does not.

#include <chrono>
#include <memory>
#include <string>

#include "grpc/grpc.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "gtest/gtest.h"
#include "proto/log_service.grpc.pb.h"
#include "tests/server/client.h"
#include "tests/testing/cairnd.h"

namespace cairn::testing {
namespace {

class KeepaliveTest : public ::testing::Test {
 protected:
  KeepaliveTest() { Client(cairnd_.address()).Append(StatementOn("the only one")); }

  // How a watch ends that a client pings through at this interval, and whose deadline this is. It
  // sees one checkpoint, and nothing after that.
  grpc::Status Watch(std::chrono::milliseconds interval, std::chrono::seconds deadline) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(interval.count()));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    const auto stub = v1::Log::NewStub(grpc::CreateCustomChannel(
        cairnd_.address(), grpc::InsecureChannelCredentials(), arguments));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + deadline);
    const auto reader = stub->WatchCheckpoints(&context, v1::WatchCheckpointsRequest());
    v1::WatchCheckpointsResponse response;
    EXPECT_TRUE(reader->Read(&response));
    EXPECT_FALSE(reader->Read(&response));
    return reader->Finish();
  }

  const FreshDirectory directory_;
  Cairnd cairnd_{CairndArgs(directory_.path())};
};

TEST_F(KeepaliveTest, AQuietWatchStaysOpenForWhoPingsEveryTwoSeconds) {
  // gRPC's own limit would end it with the third ping.
  const grpc::Status ended = Watch(std::chrono::seconds(2), std::chrono::seconds(15));
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << ended.error_message();
}

TEST_F(KeepaliveTest, AFloodOfPingsEndsTheConnection) {
  const grpc::Status ended = Watch(std::chrono::milliseconds(20), std::chrono::seconds(60));
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::UNAVAILABLE) << ended.error_message();
  // Of the one who floods, and nobody else's.
  EXPECT_TRUE(Client(cairnd_.address()).Append(StatementOn("another")).ok());
}

}  // namespace
}  // namespace cairn::testing
