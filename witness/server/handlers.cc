#include "witness/server/handlers.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "merkle/hash.h"
#include "witness/http_status.h"
#include "witness/latest_path.h"

namespace cairn::server {
namespace {

http::Response Refusal(const absl::Status& why) {
  http::Response response{.status = witness::HttpStatusOf(why),
                          .body = absl::StrCat(why.message(), "\n")};
  if (response.status == 429 || response.status == 503) {
    response.headers.emplace_back("Retry-After", "1");
  }
  return response;
}

http::Response ResponseOf(witness::AddResult result) {
  if (result.status.ok()) {
    return {.body = std::move(result.cosignature), .headers = {{"Cache-Control", "no-store"}}};
  }
  if (result.known_size.has_value()) {
    return {.status = witness::HttpStatusOf(result.status),
            .content_type = "text/x.tlog.size",
            .body = absl::StrCat(result.known_size->value(), "\n")};
  }
  return Refusal(result.status);
}

void AddCheckpoint(witness::Cosigner& cosigner, Workers& workers, const http::Request& request,
                   const http::Respond& respond) {
  const absl::Status taken = workers.Offer([&cosigner, body = request.body, respond] {
    cosigner.Add(body,
                 [respond](witness::AddResult result) { respond(ResponseOf(std::move(result))); });
  });
  if (!taken.ok()) respond(Refusal(taken));
}

void GetCheckpoint(witness::Cosigner& cosigner, Workers& workers, const http::Request& request,
                   const http::Respond& respond) {
  const absl::StatusOr<Hash> origin_hash = witness::ParseLatestPath(request.path);
  if (!origin_hash.ok()) return respond(Refusal(origin_hash.status()));
  const absl::Status taken = workers.Offer([&cosigner, hash = *origin_hash, respond] {
    absl::StatusOr<std::string> note = cosigner.Latest(hash);
    if (!note.ok()) return respond(Refusal(note.status()));
    respond({.body = *std::move(note), .headers = {{"Cache-Control", "no-cache"}}});
  });
  if (!taken.ok()) respond(Refusal(taken));
}

}  // namespace

void AddWitness(witness::Cosigner& cosigner, Workers& workers, http::Routes& routes) {
  routes.AddPost("/add-checkpoint",
                 [&cosigner, &workers](const http::Request& request, const http::Respond& respond) {
                   AddCheckpoint(cosigner, workers, request, respond);
                 });
  routes.AddGet("/",
                [&cosigner, &workers](const http::Request& request, const http::Respond& respond) {
                  GetCheckpoint(cosigner, workers, request, respond);
                });
  routes.AddGet("/healthz", [](const http::Request&, const http::Respond& respond) {
    respond({.body = "alive\n", .headers = {{"Cache-Control", "no-store"}}});
  });
}

}  // namespace cairn::server
