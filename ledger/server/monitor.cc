#include "ledger/server/monitor.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cairn::server {
namespace {

// What is said here is true of this moment only.
http::Response Now(unsigned status, std::string body) {
  return {.status = status, .body = std::move(body), .headers = {{"Cache-Control", "no-store"}}};
}

http::Response Ready(const Readiness& readiness, const ledger::Log& log,
                     const OutsideClocks& clocks) {
  if (const absl::Status ready = readiness.Check(); !ready.ok()) {
    return Now(503, absl::StrCat("not ready: ", ready.message(), "\n"));
  }
  const absl::Status appends = log.healthy();
  std::string text = "ready";
  if (!appends.ok()) {
    absl::StrAppend(&text, " for reads; appends are refused: ", appends.message());
  }
  const std::string apart = OutsideClocks::Describe(clocks.Skews());
  if (!apart.empty()) absl::StrAppend(&text, "; ", apart);
  return Now(200, absl::StrCat(text, "\n"));
}

}  // namespace

absl::Status Readiness::Check() const {
  if (draining_.load()) return absl::UnavailableError("the server is stopping");
  return log_.stats().halted;
}

void AddMonitor(const ScrapeSources& sources, const Readiness& readiness, http::Routes& routes) {
  routes.AddGet("/healthz", [](const http::Request&, const http::Respond& respond) {
    respond(Now(200, "alive\n"));
  });
  routes.AddGet("/readyz", [&readiness, &log = sources.context.log, &clocks = sources.clocks](
                               const http::Request&, const http::Respond& respond) {
    respond(Ready(readiness, log, clocks));
  });
  routes.AddGet("/metrics", [sources](const http::Request&, const http::Respond& respond) {
    http::Response response = Now(200, Scrape(sources));
    response.content_type = kMetricsType;
    respond(std::move(response));
  });
}

}  // namespace cairn::server
