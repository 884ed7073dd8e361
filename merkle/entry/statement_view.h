// What an audit of many entries needs of a statement, without copying it.
//
// Cost: some tens of nanoseconds and no allocation, where Decode makes strings.
// Lifetime: the view points into the bytes.

#ifndef CAIRN_MERKLE_ENTRY_STATEMENT_VIEW_H_
#define CAIRN_MERKLE_ENTRY_STATEMENT_VIEW_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "merkle/types.h"

namespace cairn::entry {

struct StatementView {
  uint64_t accepted_at_ms = 0;
  absl::string_view certificate_hash;  // 32 bytes
  std::optional<LeafIndex> supersedes;
  absl::string_view certifier;
  absl::string_view trace;
  // The statement's own bytes, without time, key and signature: its identity.
  absl::string_view statement;
  // 32 bytes; empty: not signed.
  absl::string_view key;
};

// Has a value exactly when Decode(encoded) gives a statement. nullopt: it is another kind of entry,
// or none; Decode says which.
std::optional<StatementView> ViewStatement(absl::string_view encoded);

}  // namespace cairn::entry

#endif  // CAIRN_MERKLE_ENTRY_STATEMENT_VIEW_H_
