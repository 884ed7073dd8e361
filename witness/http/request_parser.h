// From a client's bytes to a Request, or to the answer that says what is wrong with them.
//
// Source: RFC 9112, as Boost.Beast parses it; beyond that HTTP/1.1 must name one Host, and a target
//   must be a path.
// Pure: whoever has the bytes gives them here, and asks what became of them.

#ifndef CAIRN_WITNESS_HTTP_REQUEST_PARSER_H_
#define CAIRN_WITNESS_HTTP_REQUEST_PARSER_H_

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"
#include "boost/beast/core/error.hpp"
#include "boost/beast/http/parser.hpp"
#include "boost/beast/http/string_body.hpp"
#include "witness/http/limits.h"
#include "witness/http/routes.h"

namespace cairn::http {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

// Before any bytes.
void SetLimits(const Limits& limits, RequestParser& parser);

struct Taken {
  size_t bytes = 0;  // From the front; what is left belongs before what comes next.
  boost::beast::error_code error = {};
};
// Feeds a parser that is not done from `bytes`, all that are there and were not taken: up to the
// end of the header while that is not done, else up to the end of the request.
Taken Take(absl::string_view bytes, RequestParser& parser);

// Why a request is answered without being handled. Ends the connection: nobody can say where the
// next request begins.
struct Refusal {
  unsigned status;
  const char* why;
};

// After the parser's error; nullopt: the client has gone, and nothing can be said to it.
std::optional<Refusal> RefusalOf(const boost::beast::error_code& error);

// Once the header is done, before the body is read.
std::optional<Refusal> CheckHeader(const RequestParser& parser);

// Once all is done and the header was not refused.
Request TakeRequest(RequestParser& parser);

}  // namespace cairn::http

#endif  // CAIRN_WITNESS_HTTP_REQUEST_PARSER_H_
