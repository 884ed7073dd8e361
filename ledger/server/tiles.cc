#include "ledger/server/tiles.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "merkle/bundle.h"
#include "merkle/hash.h"
#include "merkle/tile.h"
#include "merkle/tile_path.h"
#include "witness/http/etag.h"

namespace cairn::server {
namespace {

// More than 256 entries have.
constexpr size_t kMaxBundleBytes = size_t{1} << 20;

struct Reading {
  Call call;
  http::Respond respond;
  Metrics::Clock::time_point begun = Metrics::Clock::now();
};

http::Response Refusal(const absl::Status& why) {
  http::Response response{.status = 500, .body = absl::StrCat(why.message(), "\n")};
  switch (why.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      response.status = 404;
      break;
    case absl::StatusCode::kResourceExhausted:
      response.status = 429;
      response.headers.emplace_back("Retry-After", "1");
      break;
    case absl::StatusCode::kUnavailable:
      response.status = 503;
      response.headers.emplace_back("Retry-After", "1");
      break;
    default:
      break;
  }
  return response;
}

absl::Status NothingPublished() {
  return absl::OutOfRangeError("nothing has been published yet; the witnesses are being asked");
}

void Answer(const Context& context, const Reading& reading, absl::StatusCode code,
            http::Response response) {
  context.metrics.Answered(reading.call, code, reading.begun);
  reading.respond(std::move(response));
}

void Answer(const Context& context, const Reading& reading, const absl::Status& why) {
  Answer(context, reading, why.code(), Refusal(why));
}

http::Response Immutable(std::string bytes) {
  return {.content_type = "application/octet-stream",
          .body = std::move(bytes),
          .headers = {{"Cache-Control", "public, max-age=31536000, immutable"}}};
}

merkle::TileSlice LeavesOf(const merkle::BundleSlice& bundle) {
  return {.id = {.level = 0, .index = bundle.index}, .width = bundle.width};
}
merkle::TileSlice LeavesOf(const merkle::TileSlice& tile) { return tile; }

// Whether a tile, or the tile of a bundle's leaves, is in the published tree.
template <typename What>
absl::Status CheckPublished(const Publication& publication, const What& what) {
  const Publication::Newest published = publication.newest();
  if (published == nullptr) return NothingPublished();
  const merkle::TileSlice tile = LeavesOf(what);
  if (tile.width <= merkle::TileWidthAt(tile.id, published->size)) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat("not in the published tree, which has ", published->size.value(), " entries"));
}

absl::StatusOr<std::string> ReadTile(ledger::Log& log, const merkle::TileSlice& tile) {
  const absl::StatusOr<std::vector<Hash>> hashes = log.ReadTile(*log.Newest(), tile);
  if (!hashes.ok()) return hashes.status();
  return merkle::FormatTile(*hashes);
}

absl::StatusOr<std::string> ReadBundle(ledger::Log& log, const merkle::BundleSlice& bundle) {
  const auto view = log.Newest();
  const uint64_t begin = bundle.index * merkle::kTileWidth;
  const absl::StatusOr<std::vector<std::string>> entries =
      log.ReadEntries(*view, LeafIndex(begin), LeafIndex(begin + bundle.width), kMaxBundleBytes);
  if (!entries.ok()) return entries.status();
  std::string bytes;
  for (const std::string& entry : *entries) {
    if (absl::Status fits = merkle::AppendToBundle(entry, bytes); !fits.ok()) return fits;
  }
  return bytes;
}

// Reads `what` with `read(log, what)` on a worker and answers with it.
template <typename What>
void Read(const Context& context, Reading reading, const absl::StatusOr<What>& what,
          absl::StatusOr<std::string> (*read)(ledger::Log&, const What&)) {
  if (!what.ok()) return Answer(context, reading, what.status());
  if (absl::Status within = CheckPublished(context.publication, *what); !within.ok()) {
    return Answer(context, reading, within);
  }
  const absl::Status taken = context.workers.Offer([&context, reading, what = *what, read] {
    absl::StatusOr<std::string> bytes = read(context.log, what);
    const absl::Status& status = context.alarm.Note(bytes.status());
    Answer(context, reading, status.code(),
           bytes.ok() ? Immutable(*std::move(bytes)) : Refusal(status));
  });
  if (!taken.ok()) Answer(context, reading, taken);
}

void GetTile(const Context& context, const http::Request& request, http::Respond respond) {
  if (!request.query.empty()) {
    return respond({.status = 404, .body = "a tile is asked for without a query\n"});
  }
  const absl::string_view path = absl::string_view(request.path).substr(1);
  if (absl::StartsWith(path, "tile/entries/")) {
    return Read(context, {Call::kHttpEntries, std::move(respond)}, merkle::ParseBundlePath(path),
                ReadBundle);
  }
  Read(context, {Call::kHttpTile, std::move(respond)}, merkle::ParseTilePath(path), ReadTile);
}

void GetCheckpoint(const Context& context, const http::Request& request, http::Respond respond) {
  const Reading reading{Call::kHttpCheckpoint, std::move(respond)};
  const Publication::Newest published = context.publication.newest();
  if (published == nullptr) return Answer(context, reading, NothingPublished());
  const std::string tag = absl::StrCat("\"", merkle::Sha256(published->note).Hex(), "\"");
  http::Response response{.headers = {{"ETag", tag}, {"Cache-Control", "no-cache"}}};
  if (http::HasTag(request.if_none_match, tag)) {
    response.status = 304;
  } else {
    response.body = published->note;
  }
  Answer(context, reading, absl::StatusCode::kOk, std::move(response));
}

}  // namespace

void AddTiles(const Context& context, http::Routes& routes) {
  routes.AddGet("/checkpoint", [&context](const http::Request& request, http::Respond respond) {
    GetCheckpoint(context, request, std::move(respond));
  });
  routes.AddGet("/tile/", [&context](const http::Request& request, http::Respond respond) {
    GetTile(context, request, std::move(respond));
  });
}

}  // namespace cairn::server
