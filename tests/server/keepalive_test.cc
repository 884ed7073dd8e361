// A quiet watch stays open for clients that ping, as those behind load balancers do, and a flood of
// pings does not.

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

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

// By hand: gRPC's own client sends at most one a second.
TEST_F(KeepaliveTest, AFloodOfPingsEndsTheConnection) {
  const std::string& address = cairnd_.address();
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  const timeval patience{.tv_sec = 60, .tv_usec = 0};
  ASSERT_EQ(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
  std::string bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  bytes += std::string("\0\0\0\x04\0\0\0\0\0", 9);  // SETTINGS, none.
  for (int i = 0; i < 50; ++i) {
    bytes += std::string("\0\0\x08\x06\0\0\0\0\0", 9) + "a ping. ";
  }
  ASSERT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  std::string answer;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = recv(fd, buffer, sizeof buffer, 0)) > 0) answer.append(buffer, got);
  close(fd);
  // It is the server that hangs up.
  EXPECT_TRUE(got == 0 || errno == ECONNRESET) << errno;
  EXPECT_NE(answer.find("too_many_pings"), std::string::npos);
  // On the one who floods, and nobody else.
  EXPECT_TRUE(Client(address).Append(StatementOn("another")).ok());
}

}  // namespace
}  // namespace cairn::testing
