// A vkey has one spelling.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "merkle/note/key.h"

namespace cairn::note {
namespace {

int Check(absl::string_view input) {
  absl::StatusOr<VerifierKey> key = VerifierKey::Parse(input);
  if (key.ok() && key->Format() != input) std::abort();
  return 0;
}

}  // namespace
}  // namespace cairn::note

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::note::Check({reinterpret_cast<const char*>(data), size});
}
