// A misbehaviour file has one spelling, and none convicts a log that signed only trees which
// continue each other.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "absl/strings/string_view.h"
#include "merkle/note/key.h"
#include "merkle/note/misbehaviour.h"
#include "merkle/note/note_testing.h"

namespace cairn::note {
namespace {

int Check(absl::string_view input) {
  // The corpus has notes by this key over the trees of one, two and three leaves.
  static const std::vector<VerifierKey> keys = {TestKey("fuzz.example/log", 'f').verifier_key()};
  const absl::StatusOr<Misbehaviour> misbehaviour = ParseMisbehaviour(input);
  if (!misbehaviour.ok()) return 0;
  if (*FormatMisbehaviour(*misbehaviour) != input) std::abort();
  if (VerifyMisbehaviour(*misbehaviour, keys).ok()) std::abort();
  return 0;
}

}  // namespace
}  // namespace cairn::note

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::note::Check({reinterpret_cast<const char*>(data), size});
}
