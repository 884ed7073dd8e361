// A request and its response, as handlers see them: no sockets, no Beast.
//
// A handler of GET answers HEAD alike; the server leaves the body of that answer out.

#ifndef CAIRN_WITNESS_HTTP_ROUTES_H_
#define CAIRN_WITNESS_HTTP_ROUTES_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace cairn::http {

enum class Method { kGet, kPost, kOther };

struct Request {
  Method method = Method::kGet;
  // Begins with '/', as sent: nothing is decoded.
  std::string path;
  // What follows '?', or empty.
  std::string query = {};
  std::string body = {};
  // The header If-None-Match, or empty.
  std::string if_none_match = {};
};

struct Response {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  // Beyond those that the server itself sets: Server, Content-Type, Content-Length, Connection and,
  // for what is not 200 or 304, Cache-Control: no-store.
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// To be called exactly once, from any thread, at the latest before Server::Stop().
using Respond = std::function<void(Response)>;
// Runs on the server's one thread, so what takes long goes elsewhere and responds from there.
using Handler = std::function<void(const Request&, Respond)>;

// Finds the handler of a path and method. A path that has none is 404; one that has none for this
// method is 405 and says which it has.
class Routes {
 public:
  // `path` itself or, when it ends with '/', all below it; the longest counts.
  void AddGet(absl::string_view path, Handler handler) {
    Add(path, Method::kGet, std::move(handler));
  }
  void AddPost(absl::string_view path, Handler handler) {
    Add(path, Method::kPost, std::move(handler));
  }

  void Handle(const Request& request, Respond respond) const;

 private:
  struct Route {
    std::string path;
    Method method;
    Handler handler;
  };

  void Add(absl::string_view path, Method method, Handler handler);

  std::vector<Route> routes_;
};

}  // namespace cairn::http

#endif  // CAIRN_WITNESS_HTTP_ROUTES_H_
