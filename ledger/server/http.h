// A request and its response, as handlers of the HTTP surface see them: no sockets, no Beast.
//
// Only GET and HEAD come this far. A handler answers both alike; the server leaves the body of an
// answer to HEAD out.

#ifndef CAIRN_LEDGER_SERVER_HTTP_H_
#define CAIRN_LEDGER_SERVER_HTTP_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace cairn::server {

struct HttpRequest {
  // Begins with '/', as sent: nothing is decoded.
  std::string path;
  // What follows '?', or empty.
  std::string query;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  // Beyond those that the server itself sets: Server, Content-Type, Content-Length, Connection.
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// To be called exactly once, from any thread, at the latest before HttpServer::Stop().
using HttpRespond = std::function<void(HttpResponse)>;
// Runs on the server's one thread, so what takes long goes elsewhere and responds from there.
using HttpHandler = std::function<void(const HttpRequest&, HttpRespond)>;

// Finds the handler of a path; what has none is 404.
class HttpRoutes {
 public:
  // `path` itself or, when it ends with '/', all below it; the longest counts.
  void Add(absl::string_view path, HttpHandler handler);

  void Handle(const HttpRequest& request, HttpRespond respond) const;

 private:
  std::vector<std::pair<std::string, HttpHandler>> routes_;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_HTTP_H_
