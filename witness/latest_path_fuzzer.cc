// Each log's checkpoint has one path.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "witness/latest_path.h"

namespace cairn::witness {
namespace {

int Check(absl::string_view input) {
  const absl::StatusOr<Hash> hash = ParseLatestPath(input);
  if (hash.ok() && FormatLatestPath(*hash) != input) std::abort();
  if (!hash.ok() && !absl::IsNotFound(hash.status())) std::abort();
  return 0;
}

}  // namespace
}  // namespace cairn::witness

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::witness::Check({reinterpret_cast<const char*>(data), size});
}
