// Each strict reader accepts one spelling of a value.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "merkle/note/text.h"

namespace cairn::note {
namespace {

int Check(absl::string_view input) {
  absl::StatusOr<uint64_t> decimal = ParseDecimal(input);
  if (decimal.ok() && absl::StrCat(*decimal) != input) std::abort();
  absl::StatusOr<std::string> base64 = ParseBase64(input);
  if (base64.ok() && FormatBase64(*base64) != input) std::abort();
  absl::StatusOr<std::string> hex = ParseHex(input);
  if (hex.ok() && FormatHex(*hex) != input) std::abort();
  // Valid text stays valid when it is doubled, and invalid text is not healed by what follows.
  const bool spaced = HasUnicodeSpace(absl::StrCat(input, " "));
  if (spaced != IsValidUtf8(input) && !HasUnicodeSpace(input)) std::abort();
  if (IsValidUtf8(input) != IsValidUtf8(absl::StrCat(input, " ", input))) std::abort();
  return 0;
}

}  // namespace
}  // namespace cairn::note

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::note::Check({reinterpret_cast<const char*>(data), size});
}
