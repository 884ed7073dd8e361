// NodeKeys::Parse on any bytes: no crash; and what it takes it takes in canonical form as well,
// with the same keys.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/node_keys.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using cairn::certificate::NodeKeys;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<NodeKeys> keys = NodeKeys::Parse(bytes);
  if (!keys.ok()) return 0;
  const absl::StatusOr<std::string> canonical = cairn::certificate::Canonicalize(bytes);
  if (!canonical.ok()) std::abort();
  const absl::StatusOr<NodeKeys> again = NodeKeys::Parse(*canonical);
  if (!again.ok() || again->node_id() != keys->node_id()) std::abort();
  // The key of the corpus.
  const cairn::certificate::NodeKey* key = keys->Find("sample-key-1");
  const cairn::certificate::NodeKey* same = again->Find("sample-key-1");
  if ((key == nullptr) != (same == nullptr)) std::abort();
  if (key != nullptr && (key->key != same->key || key->revoked != same->revoked ||
                         key->valid_to_s != same->valid_to_s)) {
    std::abort();
  }
  return 0;
}
