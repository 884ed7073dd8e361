// The HTTP server against clients that mean no good.

#include "witness/http/server.h"

#include <chrono>
#include <deque>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/http.h"

namespace cairn::http {
namespace {

using testing::HttpAnswer;
using testing::HttpGet;
using testing::HttpSocket;
using testing::ParseHttpAnswer;

constexpr char kGet[] = "GET /x?q=1 HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr char kGetAndClose[] = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    // Far beyond what a test takes; those about a deadline shorten theirs.
    limits_.idle_deadline = limits_.request_deadline = limits_.write_deadline =
        std::chrono::seconds(60);
    routes_.AddGet("/x", [](const Request& request, const Respond& respond) {
      respond({.body = absl::StrCat("x ", request.path, " ", request.query)});
    });
    routes_.AddGet("/below/", [](const Request& request, const Respond& respond) {
      respond({.status = 200, .body = request.path, .headers = {{"X-Own", "yes"}}});
    });
    routes_.AddGet("/large", [](const Request&, const Respond& respond) {
      respond({.body = std::string(64 << 20, 'l')});
    });
  }
  ~ServerTest() override {
    if (server_ != nullptr) server_->Stop();
  }
  void Begin() {
    Address any{.host = "127.0.0.1", .port = 0, .loopback = true};
    auto server = Server::Listen(any, limits_, [this](const Request& r, Respond done) {
      routes_.Handle(r, std::move(done));
    });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->Serve();
    address_ = server_->address().Format();
  }
  // The answer to bytes on a connection of their own, which the server then ends.
  HttpAnswer Answer(const std::string& bytes) {
    HttpSocket socket(address_);
    socket.Send(bytes);
    return ParseHttpAnswer(socket.ReadToEnd());
  }

  Limits limits_;
  Routes routes_;
  std::unique_ptr<Server> server_;
  std::string address_;
};

TEST_F(ServerTest, AnswersByPathAndPrefixAndSaysWhatThereIs) {
  Begin();
  EXPECT_EQ(HttpGet(address_, "/x?a=b").body, "x /x a=b");
  const HttpAnswer below = HttpGet(address_, "/below/a/b");
  EXPECT_EQ(below.body, "/below/a/b");
  EXPECT_EQ(below.headers.at("X-Own"), "yes");
  const HttpAnswer none = HttpGet(address_, "/y");
  EXPECT_EQ(none.status, 404);
  EXPECT_NE(none.body.find("/below/"), std::string::npos);
  EXPECT_EQ(HttpGet(address_, "/below").status, 404);
}

TEST_F(ServerTest, KeepsAConnectionAndAnswersPipelinedRequestsInOrder) {
  Begin();
  HttpSocket socket(address_);
  std::string all;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(socket.Send(kGet));
    all += socket.ReadSome();
  }
  std::string many;
  for (int i = 0; i < 50; ++i)
    absl::StrAppend(&many, "GET /below/", i, " HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(socket.Send(many + kGetAndClose));
  all += socket.ReadToEnd();
  size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = all.find(absl::StrCat("\r\n\r\n/below/", i, "HTTP"), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(ServerTest, HeadIsAnsweredWithoutABody) {
  Begin();
  const HttpAnswer head = Answer("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("Content-Length"), "5");
  EXPECT_EQ(head.body, "");
}

TEST_F(ServerTest, HandsOverTheBodyOfAPost) {
  routes_.AddPost("/x", [](const Request& request, const Respond& respond) {
    respond({.body = absl::StrCat(request.body, "|", request.query)});
  });
  Begin();
  const std::string head = "POST /x?q HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
  EXPECT_EQ(Answer(head + "Content-Length: 3\r\n\r\na\nb").body, "a\nb|q");
  EXPECT_EQ(Answer(head + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n").body,
            "abc|q");
  EXPECT_EQ(Answer(head + "\r\n").body, "|q");
}

TEST_F(ServerTest, AnswersThatAreNotSuccessAreNotKept) {
  routes_.AddGet("/fails", [](const Request&, const Respond& respond) {
    respond({.status = 503, .body = "not now\n"});
  });
  routes_.AddGet("/tagged", [](const Request& request, const Respond& respond) {
    respond({.status = 304, .headers = {{"ETag", request.if_none_match}}});
  });
  Begin();
  EXPECT_EQ(HttpGet(address_, "/fails").headers.at("Cache-Control"), "no-store");
  EXPECT_EQ(HttpGet(address_, "/none").headers.at("Cache-Control"), "no-store");
  EXPECT_EQ(HttpGet(address_, "/x").headers.count("Cache-Control"), 0U);
  const HttpAnswer same = Answer(
      "GET /tagged HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"1\"\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.headers.at("ETag"), "\"1\"");
  EXPECT_EQ(same.headers.count("Content-Length"), 0U);
}

TEST_F(ServerTest, RefusesWhatItDoesNotServeAndSaysWhy) {
  Begin();
  const HttpAnswer post =
      Answer("POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(post.headers.at("Allow"), "GET, HEAD");
  EXPECT_EQ(post.headers.at("Cache-Control"), "no-store");
  for (const char* request : {
           "GET /x HTTP/1.1\r\n\r\n",                           // No host.
           "GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",     // Two.
           "GET x HTTP/1.1\r\nHost: a\r\n\r\n",                 // No path.
           "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n",        // A proxy's.
           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",                  // HTTP/2.
           "GET /x HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",  //
           "GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
           "GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello",
           "garbage\r\n\r\n",
       }) {
    const HttpAnswer answer = Answer(request);
    EXPECT_EQ(answer.status, 400) << request;
    EXPECT_EQ(answer.headers.at("Connection"), "close") << request;
  }
  EXPECT_EQ(HttpGet(address_, "/x").status, 200);
}

TEST_F(ServerTest, BoundsHeaderAndBody) {
  Begin();
  const std::string head = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
  const std::string fits(4000, 'a');
  EXPECT_EQ(Answer(head + "A: " + fits + "\r\n\r\n").status, 200);
  const std::string large(limits_.max_header_bytes, 'a');
  EXPECT_EQ(Answer(head + "A: " + large + "\r\n\r\n").status, 431);
  EXPECT_EQ(Answer("GET /" + large + " HTTP/1.1\r\nHost: a\r\n\r\n").status, 431);
  const std::string body(limits_.max_body_bytes, 'b');
  EXPECT_EQ(Answer(absl::StrCat(head, "Content-Length: ", body.size(), "\r\n\r\n", body)).status,
            200);
  EXPECT_EQ(Answer(absl::StrCat(head, "Content-Length: ", body.size() + 1, "\r\n\r\n")).status,
            413);
  EXPECT_EQ(Answer(head + "Transfer-Encoding: chunked\r\n\r\nffffff\r\n" + body + body).status,
            413);
}

TEST_F(ServerTest, ARequestThatComesInDropsIsCutOffAtItsDeadline) {
  limits_.request_deadline = std::chrono::milliseconds(300);
  Begin();
  HttpSocket slow(address_);
  const auto begun = std::chrono::steady_clock::now();
  // Each drop is progress, and none moves the deadline.
  std::thread drops([&slow] {
    const std::string request = std::string("GET /x HTTP/1.1\r\nA: ") + std::string(5000, 'a');
    for (const char c : request) {
      if (!slow.Send(std::string(1, c))) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  EXPECT_TRUE(slow.AwaitHangUp());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(15));
  drops.join();
}

TEST_F(ServerTest, AnIdleConnectionEndsAtItsDeadline) {
  limits_.idle_deadline = std::chrono::milliseconds(200);
  Begin();
  HttpSocket never(address_);
  HttpSocket once(address_);
  ASSERT_TRUE(once.Send(kGet));
  EXPECT_EQ(ParseHttpAnswer(once.ReadSome()).status, 200);
  EXPECT_TRUE(never.AwaitHangUp());
  EXPECT_TRUE(once.AwaitHangUp());
}

TEST_F(ServerTest, AClientThatDoesNotReadItsAnswerIsCutOff) {
  limits_.write_deadline = std::chrono::milliseconds(300);
  std::promise<void> asked;
  routes_.AddGet("/more", [&asked](const Request&, const Respond& respond) {
    asked.set_value();
    respond({.body = std::string(64 << 20, 'm')});
  });
  Begin();
  HttpSocket deaf(address_);
  ASSERT_TRUE(deaf.Send("GET /more HTTP/1.1\r\nHost: a\r\n\r\n"));
  asked.get_future().get();
  // It is gone when the server has no connection but the one that asks.
  while (server_->connections() > 0) std::this_thread::yield();
  EXPECT_LT(deaf.ReadToEnd().size(), size_t{64} << 20);
}

TEST_F(ServerTest, ThousandsThatHoldConnectionsKeepNobodyOut) {
  limits_.max_connections = 16;
  Begin();
  std::deque<HttpSocket> held;
  for (int i = 0; i < 400; ++i) {
    held.emplace_back(address_);
    if (i % 2 == 0) held.back().Send("GET /x HT");
    if (i % 100 == 50) {
      EXPECT_EQ(HttpGet(address_, "/x").status, 200) << i;
    }
    EXPECT_LE(server_->connections(), limits_.max_connections);
  }
  EXPECT_EQ(HttpGet(address_, "/x").status, 200);
  EXPECT_TRUE(held.front().AwaitHangUp());
}

TEST_F(ServerTest, AHandlerMayAnswerFromAnotherThreadAndAfterTheClientIsGone) {
  std::vector<std::thread> threads;
  std::promise<Respond> kept;
  routes_.AddGet("/thread", [&threads](const Request&, Respond respond) {
    threads.emplace_back([respond = std::move(respond)] { respond({.body = "from a thread"}); });
  });
  routes_.AddGet("/kept",
                 [&kept](const Request&, Respond respond) { kept.set_value(std::move(respond)); });
  Begin();
  EXPECT_EQ(HttpGet(address_, "/thread").body, "from a thread");
  {
    HttpSocket gone(address_);
    ASSERT_TRUE(gone.Send("GET /kept HTTP/1.1\r\nHost: a\r\n\r\n"));
    Respond respond = kept.get_future().get();
    // More than fits a socket that nobody reads.
    threads.emplace_back(
        [respond = std::move(respond)] { respond({.body = std::string(64 << 20, 'k')}); });
  }
  EXPECT_EQ(HttpGet(address_, "/x").status, 200);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(HttpGet(address_, "/x").status, 200);
}

TEST_F(ServerTest, StopEndsConnectionsWhateverTheyDo) {
  Begin();
  HttpSocket idle(address_);
  HttpSocket half(address_);
  HttpSocket deaf(address_);
  ASSERT_TRUE(half.Send("GET /x HT"));
  ASSERT_TRUE(deaf.Send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(HttpGet(address_, "/x").status, 200);
  server_->Stop();
  EXPECT_EQ(server_->connections(), 0U);
  EXPECT_TRUE(idle.AwaitHangUp());
  EXPECT_TRUE(half.AwaitHangUp());
  server_->Stop();
}

TEST_F(ServerTest, AResponseAfterTheEndGoesNowhere) {
  std::promise<Respond> asked;
  routes_.AddGet("/never",
                 [&asked](const Request&, const Respond& respond) { asked.set_value(respond); });
  limits_.max_connections = 1;
  Begin();
  HttpSocket socket(address_);
  socket.Send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  const Respond of_closed = asked.get_future().get();
  // Another takes its place.
  EXPECT_EQ(HttpGet(address_, "/x").status, 200);
  of_closed({.body = "too late"});
  asked = {};
  HttpSocket last(address_);
  last.Send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  const Respond of_stopped = asked.get_future().get();
  server_->Stop();
  server_.reset();
  of_stopped({.body = "much too late"});
  of_closed({.body = "again"});
}

TEST_F(ServerTest, ATakenPortAndAHostNameAreRefused) {
  Begin();
  const auto again = Server::Listen(server_->address(), limits_, nullptr);
  EXPECT_EQ(again.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(again.status().message().find("taken"), absl::string_view::npos);
  const auto named = Server::Listen({.host = "log.example", .port = 0}, limits_, nullptr);
  EXPECT_EQ(named.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cairn::http
