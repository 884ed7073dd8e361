// A request has one spelling.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "merkle/note/note.h"
#include "witness/add_checkpoint.h"

namespace cairn::witness {
namespace {

int Check(absl::string_view input) {
  const absl::StatusOr<AddCheckpoint> request = ParseAddCheckpoint(input);
  if (!request.ok()) return 0;
  if (request->old_size > request->checkpoint.size) std::abort();
  const std::string again =
      FormatAddCheckpoint(request->old_size, request->proof, *note::FormatNote(request->note));
  if (again != input) std::abort();
  return 0;
}

}  // namespace
}  // namespace cairn::witness

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::witness::Check({reinterpret_cast<const char*>(data), size});
}
