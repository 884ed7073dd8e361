// Decode: any bytes are refused or are the one encoding of what they decode to. ViewStatement
// agrees.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/statement_view.h"

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
  const bool is_statement =
      entry.ok() && std::holds_alternative<cairn::entry::SignedStatement>(entry->body);
  if (cairn::entry::ViewStatement(bytes).has_value() != is_statement) std::abort();
  return 0;
}
