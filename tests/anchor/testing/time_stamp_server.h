// A time-stamp authority that answers over HTTP on loopback, and can be told to answer badly.
//
// Threads: the authority is used by the server's thread while a request is under way, and by the
//   test's between them.

#ifndef CAIRN_TESTS_ANCHOR_TESTING_TIME_STAMP_SERVER_H_
#define CAIRN_TESTS_ANCHOR_TESTING_TIME_STAMP_SERVER_H_

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "tests/testing/time_stamp_authority.h"
#include "witness/http/routes.h"
#include "witness/http/server.h"

namespace cairn::testing {

class TimeStampServer {
 public:
  // What to answer to a TimeStampReq.
  using Answer = std::function<http::Response(const std::string& request)>;

  // Answers POST / with the authority's replies, and GET /root.crl. Ends the process when it cannot
  // listen.
  TimeStampServer();
  ~TimeStampServer();
  TimeStampServer(const TimeStampServer&) = delete;
  TimeStampServer& operator=(const TimeStampServer&) = delete;

  TimeStampAuthority& authority() { return authority_; }
  std::string url() const;
  std::string crl_url() const { return url() + "root.crl"; }
  // HOST:PORT.
  std::string address() const { return server_->address().Format(); }

  // From the next request on; nullptr: as it should.
  void SetAnswer(Answer answer);

 private:
  void Handle(const http::Request& request, const http::Respond& respond);

  TimeStampAuthority authority_;
  std::mutex mutex_;
  Answer answer_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_ANCHOR_TESTING_TIME_STAMP_SERVER_H_
