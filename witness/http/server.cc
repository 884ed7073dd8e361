#include "witness/http/server.h"

#include <atomic>
#include <list>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "witness/http/connection.h"

namespace cairn::http {
namespace {

namespace net = boost::asio;
using net::ip::tcp;
using Error = boost::system::error_code;

// After an accept that failed, as for want of file descriptors.
constexpr std::chrono::milliseconds kAcceptPause(100);

class AsioServer final : public Server {
 public:
  AsioServer(const Address& address, const Limits& limits, Handler handler)
      : address_(address), limits_(limits), handler_(std::move(handler)) {}

  absl::Status Bind() {
    Error error;
    const net::ip::address host = net::ip::make_address(address_.host, error);
    if (error) {
      return absl::InvalidArgumentError(absl::StrCat(
          "http_address: `", address_.host, "` is no IP address; write one, or localhost"));
    }
    const tcp::endpoint endpoint(host, address_.port);
    acceptor_.open(endpoint.protocol(), error);
    // A port that another listens on stays refused; one of a process that just ended does not.
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    if (!error) address_.port = acceptor_.local_endpoint(error).port();
    if (error) {
      return absl::UnavailableError(absl::StrCat("cannot listen for HTTP on ", address_.Format(),
                                                 ": ", error.message(), "; is the port taken?"));
    }
    return absl::OkStatus();
  }

  void Serve() override {
    Accept();
    thread_ = std::thread([this] { io_.run(); });
  }

  const Address& address() const override { return address_; }
  size_t connections() const override { return count_.load(std::memory_order_relaxed); }

  void Stop() override {
    if (!thread_.joinable()) return;
    net::post(io_, [this] {
      stopping_ = true;
      Error ignored;
      acceptor_.close(ignored);
      pause_.cancel();
      while (!connections_.empty()) connections_.front()->Close();
    });
    // Ends when nothing is under way any more.
    thread_.join();
  }

 private:
  using Connections = std::list<std::shared_ptr<Connection>>;

  void Accept() {
    acceptor_.async_accept([this](const Error& error, tcp::socket socket) {
      if (stopping_) return;
      if (error) {
        pause_.expires_after(kAcceptPause);
        pause_.async_wait([this](const Error& stopped) {
          if (!stopped && !stopping_) Accept();
        });
        return;
      }
      Add(std::move(socket));
      Accept();
    });
  }

  void Add(tcp::socket socket) {
    if (connections_.size() >= limits_.max_connections) connections_.front()->Close();
    Error ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto at = connections_.insert(
        connections_.end(), std::make_shared<Connection>(std::move(socket), limits_, handler_));
    count_.store(connections_.size(), std::memory_order_relaxed);
    (*at)->Begin(
        {.answered = [this, at] { connections_.splice(connections_.end(), connections_, at); },
         .ended =
             [this, at] {
               connections_.erase(at);
               count_.store(connections_.size(), std::memory_order_relaxed);
             }});
  }

  Address address_;
  const Limits limits_;
  const Handler handler_;
  net::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  net::steady_timer pause_{io_};
  bool stopping_ = false;
  Connections connections_;  // That whose last answer is the longest ago comes first.
  std::atomic<size_t> count_{0};
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Listen(const Address& address, const Limits& limits,
                                                       Handler handler) {
  auto server = std::make_unique<AsioServer>(address, limits, std::move(handler));
  if (absl::Status bound = server->Bind(); !bound.ok()) return bound;
  return server;
}

}  // namespace cairn::http
