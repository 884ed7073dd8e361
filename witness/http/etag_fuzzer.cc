// A tag is found only where it stands, and after any list that is one.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "witness/http/etag.h"

namespace cairn::http {
namespace {

constexpr char kTag[] = "\"0123456789abcdef\"";
constexpr char kOther[] = "\"another\"";

int Check(absl::string_view input) {
  const bool star = absl::StrContains(input, "*");
  if (HasTag(input, kTag) && !star && !absl::StrContains(input, kTag)) std::abort();
  if (HasTag(input, kOther) && !star) {
    if (!absl::StrContains(input, kOther)) std::abort();
    if (!HasTag(absl::StrCat("W/", kTag, " , ", input), kTag)) std::abort();
  }
  return 0;
}

}  // namespace
}  // namespace cairn::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::http::Check({reinterpret_cast<const char*>(data), size});
}
