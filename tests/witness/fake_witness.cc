#include "tests/witness/fake_witness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cairn::testing {
namespace {

void Check(bool holds, const char* what) {
  if (holds) return;
  std::perror(what);
  std::abort();
}

// Until the client hangs up: false.
bool ReadSome(int fd, std::string& text) {
  char buffer[16384];
  const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  text.append(buffer, static_cast<size_t>(got));
  return true;
}

size_t BodyLength(const std::string& header) {
  const size_t at = header.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::strtoul(header.c_str() + at + 16, nullptr, 10);
}

}  // namespace

FakeWitness::FakeWitness(Behaviour behaviour) : behaviour_(std::move(behaviour)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  auto* const name = reinterpret_cast<sockaddr*>(&at);
  Check(listener_ >= 0 && bind(listener_, name, length) == 0 && listen(listener_, 64) == 0 &&
            getsockname(listener_, name, &length) == 0,
        "cannot listen");
  address_ = absl::StrCat("127.0.0.1:", ntohs(at.sin_port));
  acceptor_ = std::thread([this] { Accept(); });
}

FakeWitness::~FakeWitness() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

void FakeWitness::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      if (fd >= 0) close(fd);
      return;
    }
    Check(fd >= 0, "cannot accept");
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { Serve(fd); });
  }
}

void FakeWitness::Serve(int fd) {
  std::string text;
  size_t end = std::string::npos;
  bool more = true;
  while (more && (end = text.find("\r\n\r\n")) == std::string::npos) more = ReadSome(fd, text);
  while (more && text.size() < end + 4 + BodyLength(text.substr(0, end))) {
    more = ReadSome(fd, text);
  }
  if (more) {
    const std::string request = text.substr(0, text.find(" HTTP/1.1"));
    const std::optional<std::string> answer = behaviour_(request, text.substr(end + 4));
    if (!answer.has_value()) {
      while (ReadSome(fd, text)) {
      }
    } else {
      // The client may hang up before it has read it all.
      for (size_t sent = 0; sent < answer->size();) {
        const ssize_t wrote = send(fd, answer->data() + sent, answer->size() - sent, MSG_NOSIGNAL);
        if (wrote <= 0) break;
        sent += static_cast<size_t>(wrote);
      }
    }
  }
  const std::lock_guard lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), fd));
  close(fd);
}

std::string HttpResponse(int status, const std::string& body) {
  return absl::StrCat("HTTP/1.1 ", status, " As It Is\r\nContent-Length: ", body.size(),
                      "\r\nConnection: close\r\n\r\n", body);
}

}  // namespace cairn::testing
