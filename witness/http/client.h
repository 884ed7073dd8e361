// An HTTP client, by libcurl: requests that end in time and answers that are bounded.
//
// Follows no redirection, sends no cookie, and keeps its connection for the next request. Over
// https the server's certificate is checked against the system's authorities.
// Proxy: the one that it is made with, or else what the environment names as curl has it
//   (http_proxy, https_proxy, all_proxy, no_proxy). This machine is never reached through one.
// Errors: kInvalidArgument for what is no http or https URL, has a user name or password in it, and
//   for an answer that is not HTTP, kDeadlineExceeded, kResourceExhausted for an answer beyond
//   max_body_bytes, kUnavailable for all else that kept an answer from coming; messages name the
//   URL (MaskUrl). Any status code is an answer.
// Threads: one at a time.

#ifndef CAIRN_WITNESS_HTTP_CLIENT_H_
#define CAIRN_WITNESS_HTTP_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
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

struct Proxy {
  // "http://HOST:PORT", CheckUrl; empty: as the environment says.
  std::string url = {};
  // "USER:PASSWORD" for it; empty: none.
  std::string credentials = {};
};

// What the environment names, for log lines: "http_proxy=http://proxy.example:3128"; masked.
std::vector<std::string> EnvironmentProxies();

// What kind of failure kept an answer from coming, in a few words without any name: "refuses the
// connection". nullopt where the client did not say.
std::optional<std::string> FailureKind(const absl::Status& status);

class Client {
 public:
  static std::unique_ptr<Client> Make(const ClientLimits& limits, const Proxy& proxy = {});
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
