#include "tests/anchor/testing/exchange.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/testing/http.h"

namespace cairn::testing {

absl::StatusOr<anchor::HttpAnswer> ExchangeOnLoopback(const anchor::HttpRequest& request) {
  absl::string_view rest = request.url;
  if (!absl::ConsumePrefix(&rest, "http://")) return absl::UnavailableError(request.url);
  const size_t slash = rest.find('/');
  const std::string address(rest.substr(0, slash));
  const std::string path(slash == absl::string_view::npos ? "/" : rest.substr(slash));
  std::string text = absl::StrCat(request.post ? "POST " : "GET ", path,
                                  " HTTP/1.1\r\nHost: ", address, "\r\nConnection: close\r\n");
  for (const auto& [name, value] : request.headers) {
    absl::StrAppend(&text, name, ": ", value, "\r\n");
  }
  if (request.post) absl::StrAppend(&text, "Content-Length: ", request.body.size(), "\r\n");
  HttpSocket socket(address);
  socket.Send(absl::StrCat(text, "\r\n", request.body));
  // More than the body by what a header may be; from there on it is too long whatever comes.
  std::string all;
  for (std::string some = socket.ReadSome(); !some.empty(); some = socket.ReadSome()) {
    all += some;
    if (all.size() > request.max_body_bytes + 16384) break;
  }
  const HttpAnswer answer = ParseHttpAnswer(all);
  if (answer.status == 0) return absl::UnavailableError(request.url + ": no answer");
  if (answer.body.size() > request.max_body_bytes) {
    return absl::ResourceExhaustedError(request.url + ": the answer is too long");
  }
  const auto type = answer.headers.find("Content-Type");
  return anchor::HttpAnswer{.status = static_cast<unsigned>(answer.status),
                            .content_type = type == answer.headers.end() ? "" : type->second,
                            .body = answer.body};
}

}  // namespace cairn::testing
