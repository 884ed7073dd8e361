#include "witness/http/request_parser.h"

#include <cstdint>
#include <string>
#include <utility>

#include "boost/asio/buffer.hpp"
#include "boost/beast/http/error.hpp"

namespace cairn::http {
namespace {

namespace beast = boost::beast;
namespace beast_http = boost::beast::http;

// 0 CR LF CR LF.
constexpr size_t kShortestLastChunk = 5;

absl::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

Method MethodOf(beast_http::verb verb) {
  switch (verb) {
    case beast_http::verb::get:
    case beast_http::verb::head:
      return Method::kGet;
    case beast_http::verb::post:
      return Method::kPost;
    default:
      return Method::kOther;
  }
}

bool IsMalformed(const beast::error_code& error) {
  return error.category() ==
             beast_http::make_error_code(beast_http::error::bad_method).category() &&
         error != beast_http::error::end_of_stream && error != beast_http::error::partial_message;
}

}  // namespace

void SetLimits(const Limits& limits, RequestParser& parser) {
  parser.header_limit(static_cast<uint32_t>(limits.max_header_bytes));
  parser.body_limit(limits.max_body_bytes);
}

Taken Take(absl::string_view bytes, RequestParser& parser) {
  const bool in_body = parser.is_header_done();
  Taken taken;
  while (!parser.is_done() && parser.is_header_done() == in_body && taken.bytes < bytes.size()) {
    const absl::string_view rest = bytes.substr(taken.bytes);
    // Beast takes the last chunk as a whole, and asserts that it is not given four bytes of it
    // after three: a client could end the process. No chunked request ends in fewer bytes than
    // these.
    if (in_body && parser.chunked() && rest.size() < kShortestLastChunk) break;
    taken.bytes += parser.put(boost::asio::buffer(rest.data(), rest.size()), taken.error);
    if (taken.error) break;
  }
  if (taken.error == beast_http::error::need_more) taken.error = {};
  return taken;
}

std::optional<Refusal> RefusalOf(const beast::error_code& error) {
  if (error == beast_http::error::header_limit || error == beast_http::error::buffer_overflow) {
    return Refusal{431, "the header is too large\n"};
  }
  if (error == beast_http::error::body_limit) return Refusal{413, "the body is too large\n"};
  if (IsMalformed(error)) return Refusal{400, "this is no HTTP/1.1 request\n"};
  return std::nullopt;
}

std::optional<Refusal> CheckHeader(const RequestParser& parser) {
  const auto& request = parser.get();
  if (request.version() == 11 && request.count(beast_http::field::host) != 1) {
    return Refusal{400, "HTTP/1.1 asks for one Host header\n"};
  }
  if (request.target().empty() || request.target().front() != '/') {
    return Refusal{400, "the target must be a path that begins with /\n"};
  }
  return std::nullopt;
}

Request TakeRequest(RequestParser& parser) {
  auto& message = parser.get();
  const absl::string_view target = View(message.target());
  const size_t mark = target.find('?');
  Request request{.method = MethodOf(message.method()),
                  .path = std::string(target.substr(0, mark)),
                  .body = std::move(message.body()),
                  .if_none_match = std::string(View(message[beast_http::field::if_none_match]))};
  if (mark != absl::string_view::npos) request.query = std::string(target.substr(mark + 1));
  return request;
}

}  // namespace cairn::http
