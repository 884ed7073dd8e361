// A path that parses is the one path of its tile or bundle; no path is both.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "merkle/tile_path.h"

using cairn::merkle::FormatBundlePath;
using cairn::merkle::FormatTilePath;
using cairn::merkle::ParseBundlePath;
using cairn::merkle::ParseTilePath;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view path(reinterpret_cast<const char*>(data), size);
  const auto tile = ParseTilePath(path);
  const auto bundle = ParseBundlePath(path);
  if (tile.ok() && FormatTilePath(*tile) != path) std::abort();
  if (bundle.ok() && FormatBundlePath(*bundle) != path) std::abort();
  if (tile.ok() && bundle.ok()) std::abort();
  return 0;
}
