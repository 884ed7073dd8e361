// Reads JSON that must have one of a few known shapes, all of whose leaves are strings.
//
// Shape: a Schema says which members an object may have and what a list holds. Reading stops at the
//   first thing that has no place in it, so that neither depth, repetition nor length costs
//   anything: what a stranger sends is not built first and judged afterwards.
// Errors: kInvalidArgument, naming the member as `receipts.anchor`.
// What it does not look at: whether members are there, and in which order.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_EVIDENCE_JSON_H_
#define CAIRN_ANCHOR_EVIDENCE_EVIDENCE_JSON_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::evidence {

struct Schema {
  enum Kind { kString, kObject, kList };

  Kind kind = kString;
  std::map<std::string, Schema> members = {};  // Of an object.
  std::vector<Schema> item = {};               // Of a list: exactly one.
  size_t max_items = 0;
};

// What was read, in the schema's shape.
struct JsonValue {
  std::string text = {};
  std::map<std::string, JsonValue> members = {};
  std::vector<JsonValue> items = {};

  // Null where it is absent.
  const JsonValue* Find(const std::string& name) const {
    const auto at = members.find(name);
    return at == members.end() ? nullptr : &at->second;
  }
};

// `what` names the whole in errors.
absl::StatusOr<JsonValue> ReadJson(absl::string_view bytes, const Schema& schema,
                                   absl::string_view what);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_EVIDENCE_JSON_H_
