#include "merkle/tile_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace cairn::merkle {
namespace {

using ::testing::HasSubstr;

TEST(TilePath, GroupsTheIndexByThreeDigits) {
  const std::vector<std::pair<TileSlice, std::string>> cases = {
      {{{0, 0}, 256}, "tile/0/000"},
      {{{0, 999}, 256}, "tile/0/999"},
      {{{1, 1000}, 256}, "tile/1/x001/000"},
      {{{63, 1234067}, 256}, "tile/63/x001/x234/067"},
      {{{0, 273}, 112}, "tile/0/273.p/112"},
      {{{2, 0}, 1}, "tile/2/000.p/1"},
      {{{0, 1000000}, 255}, "tile/0/x001/x000/000.p/255"},
      {{{0, kMaxTreeSize}, 256}, "tile/0/x009/x223/x372/x036/x854/x775/807"},
  };
  for (const auto& [tile, path] : cases) {
    EXPECT_EQ(FormatTilePath(tile), path);
    const absl::StatusOr<TileSlice> parsed = ParseTilePath(path);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, tile);
  }
}

TEST(BundlePath, HasEntriesInPlaceOfTheLevel) {
  const std::vector<std::pair<BundleSlice, std::string>> cases = {
      {{0, 256}, "tile/entries/000"},
      {{1234067, 256}, "tile/entries/x001/x234/067"},
      {{3906, 64}, "tile/entries/x003/906.p/64"},
  };
  for (const auto& [bundle, path] : cases) {
    EXPECT_EQ(FormatBundlePath(bundle), path);
    const absl::StatusOr<BundleSlice> parsed = ParseBundlePath(path);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, bundle);
  }
}

TEST(TilePath, IsParsedBackForEveryWidth) {
  for (uint32_t width = 1; width <= kTileWidth; ++width) {
    const TileSlice tile{{3, 1234567 * uint64_t{width}}, width};
    EXPECT_EQ(ParseTilePath(FormatTilePath(tile)).value(), tile);
  }
}

// What follows the level, with the reason for which it is refused.
const std::vector<std::pair<std::string, std::string>>& BadTails() {
  static const auto* const tails = new std::vector<std::pair<std::string, std::string>>{
      {"", "a group is not three digits"},
      {"1", "a group is not three digits"},
      {"01", "a group is not three digits"},
      {"x1/234", "a group is not three digits"},
      {"x001", "a group is not three digits"},
      {"x001/", "a group is not three digits"},
      {"x001/x234", "a group is not three digits"},
      {"00a", "a group is not three digits"},
      {"-01", "a group is not three digits"},
      {"+01", "a group is not three digits"},
      {"xx01/000", "a group is not three digits"},
      {"X001/000", "a group is not three digits"},
      {"001/000", "bytes follow the index"},
      {"0000", "bytes follow the index"},
      {"000/", "bytes follow the index"},
      {"000.p", "bytes follow the index"},
      {"000 ", "bytes follow the index"},
      {"000?", "bytes follow the index"},
      {"x000/001", "needless group x000"},
      {"x000/x001/000", "needless group x000"},
      {"x009/x223/x372/x036/x854/x775/808", "above 2^63-1"},
      {"x010/x000/x000/x000/x000/x000/000", "above 2^63-1"},
      {"x001/x000/x000/x000/x000/x000/x000/000", "above 2^63-1"},
      {"000.p/", "not a number from 1 to 255"},
      {"000.p/0", "not a number from 1 to 255"},
      {"000.p/256", "not a number from 1 to 255"},
      {"000.p/01", "not a number from 1 to 255"},
      {"000.p/1/", "not a number from 1 to 255"},
      {"000.p/+1", "not a number from 1 to 255"},
      {"000.p/1.p/1", "not a number from 1 to 255"},
      {"000.p/4294967297", "not a number from 1 to 255"},
      {".p/1", "a group is not three digits"},
  };
  return *tails;
}

TEST(ParseTilePath, RefusesEveryOtherFormOfAnIndexOrWidth) {
  for (const auto& [tail, reason] : BadTails()) {
    const std::string path = absl::StrCat("tile/0/", tail);
    const absl::Status status = ParseTilePath(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << path;
    EXPECT_THAT(status.message(), HasSubstr(reason)) << path;
  }
}

TEST(ParseBundlePath, RefusesEveryOtherFormOfAnIndexOrWidth) {
  for (const auto& [tail, reason] : BadTails()) {
    const std::string path = absl::StrCat("tile/entries/", tail);
    const absl::Status status = ParseBundlePath(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << path;
    EXPECT_THAT(status.message(), HasSubstr(reason)) << path;
  }
}

TEST(ParseTilePath, RefusesLevelsThatAreNotZeroTo63) {
  for (const std::string level : {"", "64", "00", "01", "-1", "a", "1000", "entries"}) {
    const absl::Status status = ParseTilePath(absl::StrCat("tile/", level, "/000")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << level;
    EXPECT_THAT(status.message(), HasSubstr("the level is not a number from 0 to 63")) << level;
  }
  EXPECT_EQ(ParseTilePath("tile/0").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ParsePaths, RefuseOtherPrefixes) {
  for (const std::string path : {"", "/tile/0/000", "tiles/0/000", "checkpoint", "TILE/0/000"}) {
    EXPECT_THAT(ParseTilePath(path).status().message(), HasSubstr("does not begin with tile/"));
    EXPECT_THAT(ParseBundlePath(path).status().message(),
                HasSubstr("does not begin with tile/entries/"));
  }
  EXPECT_EQ(ParseBundlePath("tile/0/000").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ParsePaths, QuoteOnlyTheBeginningOfALongPath) {
  const absl::Status status = ParseTilePath(std::string(10000, 'z')).status();
  EXPECT_LT(status.message().size(), 200);
}

}  // namespace
}  // namespace cairn::merkle
