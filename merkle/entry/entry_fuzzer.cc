// Decode: any bytes are refused or are the one encoding of what they decode to.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "merkle/entry/entry.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<cairn::entry::Entry> entry = cairn::entry::Decode(bytes);
  if (entry.ok()) {
    const absl::StatusOr<std::string> again = cairn::entry::Encode(*entry);
    if (!again.ok() || *again != bytes) std::abort();
    // What the sequencer makes of an entry must be one.
    std::string timed(bytes);
    cairn::entry::SetAcceptedAt(1, timed);
    const absl::StatusOr<cairn::entry::Entry> decoded = cairn::entry::Decode(timed);
    if (!decoded.ok() || decoded->body != entry->body) std::abort();
  }
  return 0;
}
