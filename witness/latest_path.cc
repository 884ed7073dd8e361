#include "witness/latest_path.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "merkle/note/text.h"

namespace cairn::witness {
namespace {

constexpr char kEnd[] = "/checkpoint";

}  // namespace

std::string FormatLatestPath(const Hash& origin_hash) {
  return absl::StrCat("/", origin_hash.Hex(), kEnd);
}

absl::StatusOr<Hash> ParseLatestPath(absl::string_view path) {
  const bool fits = absl::ConsumePrefix(&path, "/") && absl::ConsumeSuffix(&path, kEnd);
  const absl::StatusOr<std::string> bytes =
      fits ? note::ParseHex(path) : absl::InvalidArgumentError("");
  const absl::StatusOr<Hash> hash = bytes.ok() ? Hash::FromBytes(*bytes) : bytes.status();
  if (hash.ok()) return hash;
  return absl::NotFoundError(
      "there is nothing here; a log's newest cosigned checkpoint is at "
      "/<hex of SHA-256 of its origin>/checkpoint");
}

}  // namespace cairn::witness
