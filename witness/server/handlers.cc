#include "witness/server/handlers.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "merkle/hash.h"
#include "merkle/note/text.h"
#include "witness/http_status.h"

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

// /<64 lower-case hex digits>/checkpoint.
absl::StatusOr<Hash> OriginHash(absl::string_view path) {
  const bool fits = absl::ConsumePrefix(&path, "/") && absl::ConsumeSuffix(&path, "/checkpoint");
  const absl::StatusOr<std::string> bytes =
      fits ? note::ParseHex(path) : absl::InvalidArgumentError("");
  const absl::StatusOr<Hash> hash = bytes.ok() ? Hash::FromBytes(*bytes) : bytes.status();
  if (hash.ok()) return hash;
  return absl::NotFoundError(
      "there is nothing here; a log's newest cosigned checkpoint is at "
      "/<hex of SHA-256 of its origin>/checkpoint");
}

void GetCheckpoint(witness::Cosigner& cosigner, Workers& workers, const http::Request& request,
                   const http::Respond& respond) {
  const absl::StatusOr<Hash> origin_hash = OriginHash(request.path);
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
