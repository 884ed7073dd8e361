// A note has one spelling, and only what its key signed opens.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "merkle/note/key.h"
#include "merkle/note/note.h"
#include "merkle/note/note_testing.h"

namespace cairn::note {
namespace {

int Check(absl::string_view input) {
  static const VerifierKey key = TestKey("fuzz.example/log", 'f').verifier_key();
  absl::StatusOr<Note> note = ParseNote(input);
  if (!note.ok()) return 0;
  if (*FormatNote(*note) != input) std::abort();
  // All that was ever signed with this key.
  if (OpenNote(*note, {key}).ok() && note->text != "signed text\n") std::abort();
  return 0;
}

}  // namespace
}  // namespace cairn::note

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::note::Check({reinterpret_cast<const char*>(data), size});
}
