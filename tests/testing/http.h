// HTTP as tests speak it: bytes over a socket, so that what is no HTTP can be said as well.
//
// Reading waits for at most kHttpPatience, which only a server that hangs reaches.
// Threads: a connection is used by one thread at a time.

#ifndef CAIRN_TESTS_TESTING_HTTP_H_
#define CAIRN_TESTS_TESTING_HTTP_H_

#include <chrono>
#include <map>
#include <string>

namespace cairn::testing {

inline constexpr std::chrono::seconds kHttpPatience(20);

class HttpSocket {
 public:
  // HOST:PORT of loopback. Ends the process when nobody listens.
  explicit HttpSocket(const std::string& address);
  ~HttpSocket();
  HttpSocket(const HttpSocket&) = delete;
  HttpSocket& operator=(const HttpSocket&) = delete;

  // Whether all went out; the server may have hung up.
  bool Send(const std::string& bytes);
  // What comes until the server hangs up.
  std::string ReadToEnd();
  // At least one byte, or none: the server hung up.
  std::string ReadSome();
  // Whether the server has hung up or does within kHttpPatience, saying nothing more.
  bool AwaitHangUp() { return ReadSome().empty(); }

 private:
  int fd_ = -1;
};

struct HttpAnswer {
  int status = 0;  // 0: what came is no answer.
  std::map<std::string, std::string> headers;
  std::string body;
};

// Parses one answer that ends where the text does.
HttpAnswer ParseHttpAnswer(const std::string& text);

// GET on a connection of its own.
HttpAnswer HttpGet(const std::string& address, const std::string& path);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_TESTING_HTTP_H_
