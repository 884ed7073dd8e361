// HTTP as the backends need it; whoever runs them plugs a client in.
//
// Errors of an exchange: kDeadlineExceeded, kResourceExhausted for an answer beyond max_body_bytes,
//   kCancelled, kUnavailable for all else that kept an answer from coming; messages name the URL.
//   Any status code is an answer. No redirection is followed.

#ifndef CAIRN_ANCHOR_HTTP_H_
#define CAIRN_ANCHOR_HTTP_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace cairn::anchor {

struct HttpRequest {
  bool post = false;
  std::string url;
  std::string body = {};
  // "Content-Type", "Accept", "Authorization", ...
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::chrono::milliseconds deadline = std::chrono::seconds(30);
  size_t max_body_bytes = size_t{64} << 10;
};

struct HttpAnswer {
  unsigned status = 0;
  std::string content_type = {};
  std::string body = {};
};

using HttpExchange = std::function<absl::StatusOr<HttpAnswer>(const HttpRequest&)>;

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_HTTP_H_
