// Canonicalize: any bytes are refused, or their canonical form is its own canonical form, in which
// no number is rounded.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/certificate/canonical_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<std::string> once = cairn::certificate::Canonicalize(text);
  if (!once.ok()) return 0;
  const absl::StatusOr<std::string> twice = cairn::certificate::Canonicalize(*once);
  if (!twice.ok() || *twice != *once) std::abort();
  const absl::StatusOr<cairn::certificate::ParsedText> parsed =
      cairn::certificate::ParseText(*once);
  if (!parsed.ok() || !parsed->rounded.empty()) std::abort();
  return 0;
}
