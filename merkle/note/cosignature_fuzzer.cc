// A signature line has one spelling, and only what the cosigner signed verifies.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "merkle/note/cosignature.h"
#include "merkle/note/key.h"
#include "merkle/note/note.h"
#include "merkle/note/note_testing.h"

namespace cairn::note {
namespace {

constexpr absl::string_view kText =
    "fuzz.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

int Check(absl::string_view input) {
  static const SignerKey key = TestKey("fuzz.example/witness", 'w', KeyType::kCosignature);
  static const std::string known = *Cosign(key, 1700000000, kText);
  absl::StatusOr<NoteSignature> line = ParseSignatureLine(input);
  if (!line.ok()) return 0;
  if (*FormatSignatureLine(*line) != input) std::abort();
  const bool verified = VerifyCosignature(key.verifier_key(), kText, line->signature).ok();
  if (verified != (line->signature == known)) std::abort();
  return 0;
}

}  // namespace
}  // namespace cairn::note

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::note::Check({reinterpret_cast<const char*>(data), size});
}
