#include "witness/http/client.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "witness/http/routes.h"
#include "witness/http/server.h"

namespace cairn::http {
namespace {

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() {
    routes_.AddGet("/got", [](const Request&, const Respond& respond) {
      respond({.content_type = "text/x.own", .body = "got"});
    });
    routes_.AddPost("/posted", [](const Request& request, const Respond& respond) {
      respond({.status = 409, .body = absl::StrCat("posted ", request.body)});
    });
    routes_.AddGet("/moved", [](const Request&, const Respond& respond) {
      respond({.status = 302, .headers = {{"Location", "/got"}}});
    });
    routes_.AddGet("/large", [](const Request&, const Respond& respond) {
      respond({.body = std::string(3 << 20, 'l')});
    });
    routes_.AddGet("/exact", [](const Request&, const Respond& respond) {
      respond({.body = std::string(1000, 'e')});
    });
    routes_.AddGet("/never",
                   [this](const Request&, Respond respond) { never_ = std::move(respond); });
    server_ = *Server::Listen({.host = "127.0.0.1", .port = 0, .loopback = true}, Limits(),
                              [this](const Request& request, Respond respond) {
                                routes_.Handle(request, std::move(respond));
                              });
    server_->Serve();
    url_ = "http://" + server_->address().Format();
  }
  ~ClientTest() override {
    if (never_) never_({});
    server_->Stop();
  }

  Routes routes_;
  Respond never_;
  std::unique_ptr<Server> server_;
  std::string url_;
  const std::unique_ptr<Client> client_ =
      Client::Make({.deadline = std::chrono::milliseconds(300), .max_body_bytes = 1000});
};

TEST_F(ClientTest, GetsAndPosts) {
  for (int round = 0; round < 3; ++round) {
    const auto got = client_->Get(url_ + "/got");
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->status, 200U);
    EXPECT_EQ(got->content_type, "text/x.own");
    EXPECT_EQ(got->body, "got");
    const auto posted = client_->Post(url_ + "/posted", "a\nb");
    ASSERT_TRUE(posted.ok()) << posted.status();
    EXPECT_EQ(posted->status, 409U);
    EXPECT_EQ(posted->body, "posted a\nb");
  }
  // One connection for all of them.
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_F(ClientTest, StaysWhereItIsSent) {
  const auto moved = client_->Get(url_ + "/moved");
  ASSERT_TRUE(moved.ok());
  EXPECT_EQ(moved->status, 302U);
  for (const std::string url : {"ftp://127.0.0.1/", "file:///etc/passwd", "gopher://a/", ""}) {
    EXPECT_EQ(client_->Get(url).status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
}

TEST_F(ClientTest, BoundsAnswersAndTheirTime) {
  EXPECT_EQ(client_->Get(url_ + "/exact")->body.size(), 1000U);
  EXPECT_EQ(client_->Get(url_ + "/large").status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(client_->Get(url_ + "/never").status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(client_->Get(url_ + "/got")->body, "got");
}

TEST_F(ClientTest, IsCancelledFromAnotherThread) {
  const auto patient = Client::Make({.deadline = std::chrono::seconds(60)});
  std::thread cancel([this, &patient] {
    while (server_->connections() == 0) std::this_thread::yield();
    patient->Cancel();
  });
  EXPECT_EQ(patient->Get(url_ + "/never").status().code(), absl::StatusCode::kCancelled);
  cancel.join();
  EXPECT_EQ(patient->Get(url_ + "/got").status().code(), absl::StatusCode::kCancelled);
}

TEST_F(ClientTest, SaysWhomItCouldNotReach) {
  const std::string gone = url_;
  server_->Stop();
  const auto got = client_->Get(gone + "/got");
  EXPECT_EQ(got.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(got.status().message().find(gone), absl::string_view::npos);
}

TEST_F(ClientTest, SaysWhatKindOfFailureItWasWithoutAnyName) {
  const std::string gone = url_;
  EXPECT_EQ(FailureKind(client_->Get(url_ + "/never").status()), "does not answer in time");
  server_->Stop();
  EXPECT_EQ(FailureKind(client_->Get(gone + "/got").status()), "refuses the connection");
  EXPECT_EQ(FailureKind(absl::OkStatus()), std::nullopt);
}

TEST_F(ClientTest, SendsNoCredentialsOfAUrlAndRepeatsNone) {
  const std::string address = url_.substr(url_.find("//") + 2);
  for (const std::string& url :
       {"http://user:s3cr3t@" + address + "/got", "http://s3cr3t@" + address + "/got"}) {
    const auto refused = client_->Get(url).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(refused.message().find("user name or password"), absl::string_view::npos) << refused;
    EXPECT_EQ(refused.message().find("s3cr3t"), absl::string_view::npos) << refused;
  }
  EXPECT_EQ(server_->connections(), 0U);
  // Nor what follows a question mark, which is where tokens stand.
  server_->Stop();
  const auto gone = client_->Get(url_ + "/got?token=s3cr3t").status();
  EXPECT_EQ(gone.message().find("s3cr3t"), absl::string_view::npos) << gone;
}

}  // namespace
}  // namespace cairn::http
