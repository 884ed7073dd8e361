#include "ledger/server/http.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cairn::server {

void HttpRoutes::Add(absl::string_view path, HttpHandler handler) {
  routes_.emplace_back(std::string(path), std::move(handler));
}

void HttpRoutes::Handle(const HttpRequest& request, HttpRespond respond) const {
  const std::pair<std::string, HttpHandler>* best = nullptr;
  for (const auto& route : routes_) {
    const std::string& path = route.first;
    const bool fits =
        absl::EndsWith(path, "/") ? absl::StartsWith(request.path, path) : request.path == path;
    if (fits && (best == nullptr || path.size() > best->first.size())) best = &route;
  }
  if (best != nullptr) return best->second(request, std::move(respond));
  std::string known;
  for (const auto& route : routes_) absl::StrAppend(&known, " ", route.first);
  respond({.status = 404, .body = absl::StrCat("there is nothing here; there is:", known, "\n")});
}

}  // namespace cairn::server
