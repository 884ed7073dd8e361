#include "merkle/tile_path.h"

#include <cassert>
#include <cstddef>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace cairn::merkle {
namespace {

constexpr absl::string_view kTilePrefix = "tile/";
constexpr absl::string_view kBundlePrefix = "tile/entries/";
constexpr absl::string_view kPartialMark = ".p/";
constexpr uint64_t kMaxLevel = 63;
constexpr size_t kGroupDigits = 3;

// The part of a path that follows the level or `entries`.
struct IndexAndWidth {
  uint64_t index = 0;
  uint32_t width = kTileWidth;
};

std::string FormatIndexAndWidth(uint64_t index, uint32_t width) {
  assert(width >= 1 && width <= kTileWidth && index <= kMaxTreeSize);
  std::string path = absl::StrFormat("%03d", index % 1000);
  for (index /= 1000; index > 0; index /= 1000) {
    path = absl::StrFormat("x%03d/%s", index % 1000, path);
  }
  if (width < kTileWidth) absl::StrAppend(&path, kPartialMark, width);
  return path;
}

// A decimal number without leading zeros, of at most three digits; nullopt otherwise.
std::optional<uint32_t> ParseShortNumber(absl::string_view text) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  uint32_t value = 0;
  for (const char c : text) {
    if (!absl::ascii_isdigit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

absl::StatusOr<uint64_t> ParseIndex(absl::string_view text) {
  uint64_t index = 0;
  for (bool first = true, last = false; !last; first = false) {
    last = !absl::ConsumePrefix(&text, "x");
    const absl::string_view group = text.substr(0, kGroupDigits);
    text.remove_prefix(group.size());
    uint64_t value = 0;
    for (const char c : group) {
      if (!absl::ascii_isdigit(c)) return absl::InvalidArgumentError("a group is not three digits");
      value = value * 10 + (c - '0');
    }
    if (group.size() != kGroupDigits || (!last && !absl::ConsumePrefix(&text, "/"))) {
      return absl::InvalidArgumentError("a group is not three digits");
    }
    if (first && !last && value == 0) {
      return absl::InvalidArgumentError("it begins with the needless group x000");
    }
    if (index > (kMaxTreeSize - value) / 1000) {
      return absl::InvalidArgumentError("the index is above 2^63-1");
    }
    index = index * 1000 + value;
  }
  if (!text.empty()) return absl::InvalidArgumentError("bytes follow the index");
  return index;
}

absl::StatusOr<IndexAndWidth> ParseIndexAndWidth(absl::string_view text) {
  IndexAndWidth result;
  const size_t mark = text.find(kPartialMark);
  if (mark != absl::string_view::npos) {
    const std::optional<uint32_t> width = ParseShortNumber(text.substr(mark + kPartialMark.size()));
    if (!width.has_value() || *width == 0 || *width >= kTileWidth) {
      return absl::InvalidArgumentError("the width after .p/ is not a number from 1 to 255");
    }
    result.width = *width;
    text = text.substr(0, mark);
  }
  absl::StatusOr<uint64_t> index = ParseIndex(text);
  if (!index.ok()) return index.status();
  result.index = *index;
  return result;
}

absl::Status BadPath(absl::string_view path, absl::string_view reason) {
  // A path comes from anyone: show no more of it than a sound one could need.
  return absl::InvalidArgumentError(absl::StrCat("not a tile or bundle path: ", reason, ": \"",
                                                 absl::CHexEscape(path.substr(0, 64)), "\""));
}

}  // namespace

std::string FormatTilePath(const TileSlice& tile) {
  assert(tile.id.level <= kMaxLevel);
  return absl::StrCat(kTilePrefix, tile.id.level, "/",
                      FormatIndexAndWidth(tile.id.index, tile.width));
}

std::string FormatBundlePath(const BundleSlice& bundle) {
  return absl::StrCat(kBundlePrefix, FormatIndexAndWidth(bundle.index, bundle.width));
}

absl::StatusOr<TileSlice> ParseTilePath(absl::string_view path) {
  absl::string_view rest = path;
  if (!absl::ConsumePrefix(&rest, kTilePrefix))
    return BadPath(path, "it does not begin with tile/");
  const size_t slash = rest.find('/');
  const std::optional<uint32_t> level = ParseShortNumber(rest.substr(0, slash));
  if (slash == absl::string_view::npos || !level.has_value() || *level > kMaxLevel) {
    return BadPath(path, "the level is not a number from 0 to 63");
  }
  const absl::StatusOr<IndexAndWidth> parsed = ParseIndexAndWidth(rest.substr(slash + 1));
  if (!parsed.ok()) return BadPath(path, parsed.status().message());
  return TileSlice{.id = {.level = *level, .index = parsed->index}, .width = parsed->width};
}

absl::StatusOr<BundleSlice> ParseBundlePath(absl::string_view path) {
  absl::string_view rest = path;
  if (!absl::ConsumePrefix(&rest, kBundlePrefix)) {
    return BadPath(path, "it does not begin with tile/entries/");
  }
  const absl::StatusOr<IndexAndWidth> parsed = ParseIndexAndWidth(rest);
  if (!parsed.ok()) return BadPath(path, parsed.status().message());
  return BundleSlice{.index = parsed->index, .width = parsed->width};
}

}  // namespace cairn::merkle
