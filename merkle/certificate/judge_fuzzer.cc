// JudgeRecord on any bytes, without a node's keys and with those that the corpus is attested with:
// no crash; a record that holds has a hash that stands in it, and holds, with the same hash, in
// canonical form; and keys never change what is found of the record itself.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/node_keys.h"

namespace {

using cairn::certificate::Answer;
using cairn::certificate::JudgedRecord;
using cairn::certificate::JudgeRecord;
using cairn::certificate::NodeKeys;

// The node of tools/samples/node-keys.json.
constexpr char kNodeKeys[] = R"({"nodeId": "sample-node", "keys": [{"kid": "sample-key-1",
    "publicKey": "bykUcz+0mZU4po/BRDdhEQgXEqrs0PW/y3JHHfBspd4="}]})";

absl::StatusOr<JudgedRecord> Check(const std::string& bytes, const NodeKeys* node_keys) {
  absl::StatusOr<JudgedRecord> read = JudgeRecord(bytes, {.node_keys = node_keys});
  if (!read.ok() || read->judgement.answer != Answer::kHolds) return read;
  if (!read->judgement.hash.has_value()) std::abort();
  const std::string canonical = cairn::certificate::CanonicalJson(read->document);
  if (!absl::StrContains(canonical, read->judgement.hash->Hex())) std::abort();
  const absl::StatusOr<JudgedRecord> again = JudgeRecord(canonical, {.node_keys = node_keys});
  if (!again.ok() || again->judgement.answer != Answer::kHolds ||
      again->judgement.hash != read->judgement.hash) {
    std::abort();
  }
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const NodeKeys node_keys = NodeKeys::Parse(kNodeKeys).value();
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<JudgedRecord> without = Check(bytes, nullptr);
  const absl::StatusOr<JudgedRecord> with = Check(bytes, &node_keys);
  if (with.ok() != without.ok()) std::abort();
  if (with.ok() && (with->judgement.answer != without->judgement.answer ||
                    with->judgement.hash != without->judgement.hash)) {
    std::abort();
  }
  return 0;
}
