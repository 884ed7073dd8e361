#include "witness/http/routes.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cairn::http {
namespace {

bool Covers(absl::string_view route, absl::string_view path) {
  return absl::EndsWith(route, "/") ? absl::StartsWith(path, route) : path == route;
}

absl::string_view Allow(Method method) { return method == Method::kPost ? "POST" : "GET, HEAD"; }

}  // namespace

void Routes::Add(absl::string_view path, Method method, Handler handler) {
  routes_.push_back({std::string(path), method, std::move(handler)});
}

void Routes::Handle(const Request& request, Respond respond) const {
  std::vector<const Route*> best;
  for (const Route& route : routes_) {
    if (!Covers(route.path, request.path)) continue;
    if (!best.empty() && route.path.size() < best.front()->path.size()) continue;
    if (!best.empty() && route.path.size() > best.front()->path.size()) best.clear();
    best.push_back(&route);
  }
  if (best.empty()) {
    std::set<absl::string_view> known;
    for (const Route& route : routes_) known.insert(route.path);
    std::string body = "there is nothing here; there is:";
    for (const absl::string_view path : known) absl::StrAppend(&body, " ", path);
    return respond({.status = 404, .body = body + "\n"});
  }
  const auto fits = std::find_if(best.begin(), best.end(), [&](const Route* route) {
    return route->method == request.method;
  });
  if (fits != best.end()) return (*fits)->handler(request, std::move(respond));
  std::string allow;
  for (const Route* route : best) {
    absl::StrAppend(&allow, allow.empty() ? "" : ", ", Allow(route->method));
  }
  respond({.status = 405,
           .body = absl::StrCat("this path takes ", allow, "\n"),
           .headers = {{"Allow", allow}}});
}

}  // namespace cairn::http
