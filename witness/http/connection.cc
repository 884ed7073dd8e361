#include "witness/http/connection.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "boost/asio/dispatch.hpp"
#include "boost/beast/core/error.hpp"
#include "boost/beast/http/error.hpp"
#include "boost/beast/http/read.hpp"
#include "boost/beast/http/write.hpp"

namespace cairn::http {
namespace {

namespace beast = boost::beast;
namespace beast_http = boost::beast::http;
namespace net = boost::asio;

constexpr char kServer[] = "cairn";
constexpr size_t kReadBytes = 4096;
// What a client may still send after it was refused, before it is cut off.
constexpr size_t kMaxDiscardedBytes = size_t{64} << 10;
constexpr std::chrono::seconds kHangUpDeadline(2);

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

Connection::Connection(net::ip::tcp::socket socket, const Limits& limits, const Handler& handler)
    : stream_(std::move(socket)),
      limits_(limits),
      handler_(handler),
      buffer_(limits.max_header_bytes + limits.max_body_bytes + kReadBytes) {}

void Connection::Begin(Events events) {
  events_ = std::move(events);
  AwaitRequest();
}

void Connection::Close() {
  End();
  Error ignored;
  stream_.socket().close(ignored);
}

void Connection::AwaitRequest() {
  if (buffer_.size() > 0) return ReadHeader();  // Pipelined behind the last.
  stream_.expires_after(limits_.idle_deadline);
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](const Error& error, size_t bytes) {
                            if (error) return self->End();
                            self->buffer_.commit(bytes);
                            self->ReadHeader();
                          });
}

void Connection::ReadHeader() {
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(limits_.max_header_bytes));
  parser_->body_limit(limits_.max_body_bytes);
  // For the whole request, however many pieces it comes in.
  stream_.expires_after(limits_.request_deadline);
  beast_http::async_read_header(stream_, buffer_, *parser_,
                                [self = shared_from_this()](const Error& error, size_t) {
                                  error ? self->OnReadError(error) : self->ReadBody();
                                });
}

void Connection::ReadBody() {
  const auto& request = parser_->get();
  keep_alive_ = request.keep_alive();
  if (request.version() == 11 && request.count(beast_http::field::host) != 1) {
    return Refuse(400, "HTTP/1.1 asks for one Host header\n");
  }
  if (request.target().empty() || request.target().front() != '/') {
    return Refuse(400, "the target must be a path that begins with /\n");
  }
  beast_http::async_read(stream_, buffer_, *parser_,
                         [self = shared_from_this()](const Error& error, size_t) {
                           error ? self->OnReadError(error) : self->Dispatch();
                         });
}

void Connection::Dispatch() {
  // While the handler works the client may take its time.
  stream_.expires_never();
  auto& message = parser_->get();
  const absl::string_view target = View(message.target());
  const size_t mark = target.find('?');
  Request request{.method = MethodOf(message.method()),
                  .path = std::string(target.substr(0, mark)),
                  .body = std::move(message.body()),
                  .if_none_match = std::string(View(message[beast_http::field::if_none_match]))};
  if (mark != absl::string_view::npos) request.query = std::string(target.substr(mark + 1));
  handler_(request, [self = shared_from_this()](Response response) {
    net::dispatch(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
      self->Write(std::move(response));
    });
  });
}

void Connection::Refuse(unsigned status, const char* why) {
  keep_alive_ = false;
  Write({.status = status, .body = why});
}

void Connection::OnReadError(const Error& error) {
  if (error == beast_http::error::header_limit || error == beast_http::error::buffer_overflow) {
    return Refuse(431, "the header is too large\n");
  }
  if (error == beast_http::error::body_limit) return Refuse(413, "the body is too large\n");
  if (IsMalformed(error)) return Refuse(400, "this is no HTTP/1.1 request\n");
  End();
}

void Connection::Write(Response response) {
  if (ended_) return;
  const bool head = parser_->is_header_done() && parser_->get().method() == beast_http::verb::head;
  const unsigned version = parser_->is_header_done() ? parser_->get().version() : 11;
  response_.emplace();
  response_->version(version);
  response_->result(response.status);
  response_->set(beast_http::field::server, kServer);
  response_->set(beast_http::field::content_type, response.content_type);
  if (response.status != 200 && response.status != 304) {
    response_->set(beast_http::field::cache_control, "no-store");
  }
  for (const auto& [name, value] : response.headers) response_->set(name, value);
  // To 304 belongs the length of what is not sent, which is not known here.
  if (response.status != 304) response_->content_length(response.body.size());
  response_->keep_alive(keep_alive_);
  if (!head) response_->body() = std::move(response.body);
  stream_.expires_after(limits_.write_deadline);
  beast_http::async_write(stream_, *response_,
                          [self = shared_from_this()](const Error& error, size_t) {
                            if (error) return self->End();
                            if (self->ended_) return;
                            self->response_.reset();
                            self->events_.answered();
                            self->keep_alive_ ? self->AwaitRequest() : self->HangUp();
                          });
}

// Closing while the client still sends would reset the connection, and with it the answer.
void Connection::HangUp() {
  Error ignored;
  stream_.socket().shutdown(net::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(kHangUpDeadline);
  Discard();
}

void Connection::Discard() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](const Error& error, size_t bytes) {
                            self->discarded_ += bytes;
                            if (error || self->discarded_ > kMaxDiscardedBytes) return self->End();
                            self->Discard();
                          });
}

void Connection::End() {
  if (std::exchange(ended_, true)) return;
  // Holds this connection through the server's list; the last reference goes with the operation
  // that is under way.
  const auto ended = std::move(events_.ended);
  if (ended) ended();
}

}  // namespace cairn::http
