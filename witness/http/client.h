// An HTTP client, by libcurl: requests that end in time and answers that are bounded.
//
// Follows no redirection, sends no cookie, and keeps its connection for the next request. Over
// https the server's certificate is checked against the system's authorities.
// Errors: kInvalidArgument for what is no http or https URL and for an answer that is not HTTP,
// kDeadlineExceeded, kResourceExhausted
//   for an answer beyond max_body_bytes, kUnavailable for all else that kept an answer from coming;
//   messages name the URL. Any status code is an answer.
// Threads: one at a time.

#ifndef CAIRN_WITNESS_HTTP_CLIENT_H_
#define CAIRN_WITNESS_HTTP_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::http {

struct ClientLimits {
  // From the request to the last byte of the answer.
  std::chrono::milliseconds deadline = std::chrono::seconds(10);
  size_t max_body_bytes = size_t{64} << 10;
};

struct Answer {
  unsigned status = 0;
  std::string content_type;  // Empty: there was none.
  std::string body;
};

struct ClientRequest {
  bool post = false;
  std::string url;
  std::string body = {};
  // Name and value; none is sent otherwise but what HTTP needs.
  std::vector<std::pair<std::string, std::string>> headers = {};
  ClientLimits limits = {};
};

class Client {
 public:
  static std::unique_ptr<Client> Make(const ClientLimits& limits);
  virtual ~Client() = default;

  virtual absl::StatusOr<Answer> Get(const std::string& url) = 0;
  virtual absl::StatusOr<Answer> Post(
      const std::string& url, absl::string_view body,
      const std::string& content_type = "text/plain; charset=utf-8") = 0;

  virtual absl::StatusOr<Answer> Send(const ClientRequest& request) = 0;

  // Ends what is under way within a second or so, and all that comes later, with kCancelled. From
  // any thread.
  virtual void Cancel() = 0;
};

}  // namespace cairn::http

#endif  // CAIRN_WITNESS_HTTP_CLIENT_H_
