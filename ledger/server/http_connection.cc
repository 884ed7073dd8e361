#include "ledger/server/http_connection.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "boost/asio/dispatch.hpp"
#include "boost/beast/core/error.hpp"
#include "boost/beast/http/error.hpp"
#include "boost/beast/http/read.hpp"
#include "boost/beast/http/write.hpp"

namespace cairn::server {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace net = boost::asio;

constexpr char kServer[] = "cairnd";
constexpr size_t kReadBytes = 4096;
// What a client may still send after it was refused, before it is cut off.
constexpr size_t kMaxDiscardedBytes = size_t{64} << 10;
constexpr std::chrono::seconds kHangUpDeadline(2);

absl::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

bool IsMalformed(const beast::error_code& error) {
  return error.category() == http::make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

}  // namespace

HttpConnection::HttpConnection(net::ip::tcp::socket socket, const HttpLimits& limits,
                               const HttpHandler& handler)
    : stream_(std::move(socket)),
      limits_(limits),
      handler_(handler),
      buffer_(limits.max_header_bytes + limits.max_body_bytes + kReadBytes) {}

void HttpConnection::Begin(Events events) {
  events_ = std::move(events);
  AwaitRequest();
}

void HttpConnection::Close() {
  End();
  Error ignored;
  stream_.socket().close(ignored);
}

void HttpConnection::AwaitRequest() {
  if (buffer_.size() > 0) return ReadHeader();  // Pipelined behind the last.
  stream_.expires_after(limits_.idle_deadline);
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](const Error& error, size_t bytes) {
                            if (error) return self->End();
                            self->buffer_.commit(bytes);
                            self->ReadHeader();
                          });
}

void HttpConnection::ReadHeader() {
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(limits_.max_header_bytes));
  parser_->body_limit(limits_.max_body_bytes);
  // For the whole request, however many pieces it comes in.
  stream_.expires_after(limits_.request_deadline);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](const Error& error, size_t) {
                            error ? self->OnReadError(error) : self->ReadBody();
                          });
}

void HttpConnection::ReadBody() {
  const auto& request = parser_->get();
  keep_alive_ = request.keep_alive();
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    return Refuse(405, "only GET and HEAD are served here\n");
  }
  if (request.version() == 11 && request.count(http::field::host) != 1) {
    return Refuse(400, "HTTP/1.1 asks for one Host header\n");
  }
  if (request.target().empty() || request.target().front() != '/') {
    return Refuse(400, "the target must be a path that begins with /\n");
  }
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](const Error& error, size_t) {
                     error ? self->OnReadError(error) : self->Dispatch();
                   });
}

void HttpConnection::Dispatch() {
  // While the handler works the client may take its time.
  stream_.expires_never();
  const absl::string_view target = View(parser_->get().target());
  const size_t mark = target.find('?');
  HttpRequest request{.path = std::string(target.substr(0, mark)), .query = {}};
  if (mark != absl::string_view::npos) request.query = std::string(target.substr(mark + 1));
  handler_(request, [self = shared_from_this()](HttpResponse response) {
    net::dispatch(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
      self->Write(std::move(response));
    });
  });
}

void HttpConnection::Refuse(unsigned status, const char* why) {
  keep_alive_ = false;
  HttpResponse response{.status = status, .body = why};
  if (status == 405) response.headers.emplace_back("Allow", "GET, HEAD");
  Write(std::move(response));
}

void HttpConnection::OnReadError(const Error& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Refuse(431, "the header is too large\n");
  }
  if (error == http::error::body_limit) return Refuse(413, "the body is too large\n");
  if (IsMalformed(error)) return Refuse(400, "this is no HTTP/1.1 request\n");
  End();
}

void HttpConnection::Write(HttpResponse response) {
  if (ended_) return;
  const bool head = parser_->is_header_done() && parser_->get().method() == http::verb::head;
  const unsigned version = parser_->is_header_done() ? parser_->get().version() : 11;
  response_.emplace();
  response_->version(version);
  response_->result(response.status);
  response_->set(http::field::server, kServer);
  response_->set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) response_->set(name, value);
  response_->content_length(response.body.size());
  response_->keep_alive(keep_alive_);
  if (!head) response_->body() = std::move(response.body);
  stream_.expires_after(limits_.write_deadline);
  http::async_write(stream_, *response_, [self = shared_from_this()](const Error& error, size_t) {
    if (error) return self->End();
    if (self->ended_) return;
    self->response_.reset();
    self->events_.answered();
    self->keep_alive_ ? self->AwaitRequest() : self->HangUp();
  });
}

// Closing while the client still sends would reset the connection, and with it the answer.
void HttpConnection::HangUp() {
  Error ignored;
  stream_.socket().shutdown(net::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(kHangUpDeadline);
  Discard();
}

void HttpConnection::Discard() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](const Error& error, size_t bytes) {
                            self->discarded_ += bytes;
                            if (error || self->discarded_ > kMaxDiscardedBytes) return self->End();
                            self->Discard();
                          });
}

void HttpConnection::End() {
  if (std::exchange(ended_, true)) return;
  // Holds this connection through the server's list; the last reference goes with the operation
  // that is under way.
  const auto ended = std::move(events_.ended);
  if (ended) ended();
}

}  // namespace cairn::server
