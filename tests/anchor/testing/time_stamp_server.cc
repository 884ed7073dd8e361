#include "tests/anchor/testing/time_stamp_server.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cairn::testing {

TimeStampServer::TimeStampServer() {
  auto server = http::Server::Listen(
      {.host = "127.0.0.1", .port = 0, .loopback = true}, {},
      [this](const http::Request& request, const http::Respond& done) { Handle(request, done); });
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    std::abort();
  }
  server_ = *std::move(server);
  server_->Serve();
}

TimeStampServer::~TimeStampServer() { server_->Stop(); }

std::string TimeStampServer::url() const { return absl::StrCat("http://", address(), "/"); }

void TimeStampServer::SetAnswer(Answer answer) {
  const std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

void TimeStampServer::Handle(const http::Request& request, const http::Respond& respond) {
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    answer = answer_;
  }
  if (request.method == http::Method::kGet && request.path == "/root.crl") {
    respond({.content_type = "application/pkix-crl", .body = authority_.Crl()});
  } else if (request.method != http::Method::kPost) {
    respond({.status = 405});
  } else if (answer) {
    respond(answer(request.body));
  } else {
    respond(
        {.content_type = "application/timestamp-reply", .body = authority_.Reply(request.body)});
  }
}

}  // namespace cairn::testing
