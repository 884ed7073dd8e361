// CheckCertificate and HashFileBytes on any bytes, without a node's keys and with those that the
// corpus is attested with: no crash; a good record states the hash that is found, and stays good,
// with the same hash, in canonical form; and keys only ever take from what is good.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/certificate.h"
#include "merkle/certificate/node_keys.h"

namespace {

using cairn::certificate::FileHash;
using cairn::certificate::NodeKeys;

// The node of tools/samples/node-keys.json.
constexpr char kNodeKeys[] = R"({"nodeId": "sample-node", "keys": [{"kid": "sample-key-1",
    "publicKey": "bykUcz+0mZU4po/BRDdhEQgXEqrs0PW/y3JHHfBspd4="}]})";

// The file's hash where it is a good record.
absl::StatusOr<FileHash> Check(absl::string_view bytes, const NodeKeys* node_keys) {
  const absl::StatusOr<cairn::certificate::Report> report =
      cairn::certificate::CheckCertificate(bytes, node_keys);
  absl::StatusOr<FileHash> file = cairn::certificate::HashFileBytes(bytes, node_keys);
  if (!file.ok() || !file->record.has_value()) return file;
  if (!report.ok() || !report->status().ok() || report->certificate_hash != file->hash)
    std::abort();
  const absl::StatusOr<std::string> canonical = cairn::certificate::Canonicalize(bytes);
  if (!canonical.ok() || !absl::StrContains(*canonical, file->hash.Hex())) std::abort();
  const absl::StatusOr<FileHash> again = cairn::certificate::HashFileBytes(*canonical, node_keys);
  if (!again.ok() || again->hash != file->hash) std::abort();
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const NodeKeys node_keys = NodeKeys::Parse(kNodeKeys).value();
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<FileHash> without = Check(bytes, nullptr);
  const absl::StatusOr<FileHash> with = Check(bytes, &node_keys);
  if (with.ok() && (!without.ok() || without->hash != with->hash)) std::abort();
  return 0;
}
