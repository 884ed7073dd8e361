// A bundle that parses is exactly what its entries format to, and parses with no other count.
// Input: count u8, then the bundle.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "merkle/bundle.h"

using cairn::merkle::AppendToBundle;
using cairn::merkle::ParseBundle;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t count = data[0];
  const absl::string_view bundle(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto entries = ParseBundle(bundle, count);
  if (!entries.ok()) return 0;
  if (entries->size() != count) std::abort();
  std::string again;
  for (const absl::string_view entry : *entries) {
    if (!AppendToBundle(entry, again).ok()) std::abort();
  }
  if (again != bundle) std::abort();
  if (ParseBundle(bundle, count + 1).ok()) std::abort();
  if (count > 0 && ParseBundle(bundle, count - 1).ok()) std::abort();
  return 0;
}
