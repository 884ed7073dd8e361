// One connection of the HTTP server: reads requests one after the other, answers each.
//
// Whatever is wrong with a request is answered (400, 413, 431) and ends the connection, since
// nobody can say where the next request begins. What does not come in time ends it without a word.
// Threads: the server's one, but for the answer of a handler. Lives until it has ended and nothing
// is under way on it any more.

#ifndef CAIRN_WITNESS_HTTP_CONNECTION_H_
#define CAIRN_WITNESS_HTTP_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "boost/asio/ip/tcp.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/core/tcp_stream.hpp"
#include "boost/beast/http/message.hpp"
#include "boost/beast/http/string_body.hpp"
#include "witness/http/request_parser.h"
#include "witness/http/routes.h"
#include "witness/http/server.h"

namespace cairn::http {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Who is told, on the server's thread.
  struct Events {
    // A request was answered: the client is alive.
    std::function<void()> answered;
    // Once, at the end.
    std::function<void()> ended;
  };
  // Borrows limits and handler.
  Connection(boost::asio::ip::tcp::socket socket, const Limits& limits, const Handler& handler);

  void Begin(Events events);
  // Ends it, whatever is under way.
  void Close();

 private:
  using Error = boost::beast::error_code;
  using Message = boost::beast::http::response<boost::beast::http::string_body>;

  void AwaitRequest();
  void BeginRequest();
  void TakeHeader();
  void TakeBody();
  // Of what was read. False: it is no request, and that is dealt with.
  bool TakeBytes();
  void ReadMore();
  void Dispatch();
  void Refuse(const Refusal& refusal);
  void OnError(const Error& error);
  void Write(Response response);
  void HangUp();
  void Discard();
  void End();

  boost::beast::tcp_stream stream_;
  const Limits& limits_;
  const Handler& handler_;
  Events events_;
  boost::beast::flat_buffer buffer_;
  std::optional<RequestParser> parser_;  // Of the request under way.
  std::optional<Message> response_;
  bool keep_alive_ = true;
  size_t discarded_ = 0;
  bool ended_ = false;
};

}  // namespace cairn::http

#endif  // CAIRN_WITNESS_HTTP_CONNECTION_H_
