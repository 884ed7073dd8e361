// Under what a certificate hash is found in the index.

#ifndef CAIRN_LEDGER_INDEX_TAG_H_
#define CAIRN_LEDGER_INDEX_TAG_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "ledger/store.h"

namespace cairn::ledger {

// Keyed with the log's salt, so that nobody outside can choose hashes that meet in one tag.
// Requires 32 bytes.
IndexTag MakeIndexTag(const std::array<uint8_t, 32>& salt, absl::string_view certificate_hash);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_INDEX_TAG_H_
