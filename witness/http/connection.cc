#include "witness/http/connection.h"

#include <algorithm>
#include <string>
#include <utility>

#include "boost/asio/dispatch.hpp"
#include "boost/beast/core/error.hpp"
#include "boost/beast/http/error.hpp"
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
  // The server's list may have the last reference.
  const auto self = shared_from_this();
  End();
  Error ignored;
  stream_.socket().close(ignored);
}

void Connection::AwaitRequest() {
  parser_.emplace();
  SetLimits(limits_, *parser_);
  if (buffer_.size() > 0) return BeginRequest();  // Pipelined behind the last.
  stream_.expires_after(limits_.idle_deadline);
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](const Error& error, size_t bytes) {
                            if (error) return self->End();
                            self->buffer_.commit(bytes);
                            self->BeginRequest();
                          });
}

void Connection::BeginRequest() {
  // For the whole request, however many pieces it comes in.
  stream_.expires_after(limits_.request_deadline);
  TakeHeader();
}

void Connection::TakeHeader() {
  if (!TakeBytes()) return;
  if (!parser_->is_header_done()) return ReadMore();
  keep_alive_ = parser_->get().keep_alive();
  if (const auto refusal = CheckHeader(*parser_); refusal.has_value()) return Refuse(*refusal);
  TakeBody();
}

void Connection::TakeBody() {
  if (!parser_->is_done() && !TakeBytes()) return;
  parser_->is_done() ? Dispatch() : ReadMore();
}

bool Connection::TakeBytes() {
  const Taken taken =
      Take({static_cast<const char*>(buffer_.data().data()), buffer_.size()}, *parser_);
  buffer_.consume(taken.bytes);
  if (!taken.error) return true;
  OnError(taken.error);
  return false;
}

void Connection::ReadMore() {
  const size_t room = std::min(kReadBytes, buffer_.max_size() - buffer_.size());
  if (room == 0) return OnError(beast_http::error::buffer_overflow);
  stream_.async_read_some(buffer_.prepare(room),
                          [self = shared_from_this()](const Error& error, size_t bytes) {
                            if (error) return self->End();
                            self->buffer_.commit(bytes);
                            self->parser_->is_header_done() ? self->TakeBody() : self->TakeHeader();
                          });
}

void Connection::Dispatch() {
  // While the handler works the client may take its time.
  stream_.expires_never();
  // Weakly: whoever keeps it for longer than the server lives keeps nothing of that.
  handler_(TakeRequest(*parser_), [weak = weak_from_this()](Response response) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    net::dispatch(self->stream_.get_executor(), [self, response = std::move(response)]() mutable {
      self->Write(std::move(response));
    });
  });
}

void Connection::Refuse(const Refusal& refusal) {
  keep_alive_ = false;
  Write({.status = refusal.status, .body = refusal.why});
}

void Connection::OnError(const Error& error) {
  const std::optional<Refusal> refusal = RefusalOf(error);
  refusal.has_value() ? Refuse(*refusal) : End();
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
