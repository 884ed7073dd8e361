// One thing that evidence claims, and what became of it when it was checked.

#ifndef CAIRN_ANCHOR_EVIDENCE_LAYER_H_
#define CAIRN_ANCHOR_EVIDENCE_LAYER_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cairn::evidence {

enum class State { kProven, kNotProven, kFalse };

// "proven", "not_proven", "false".
absl::string_view StateName(State state);

struct Layer {
  std::string name;  // "certificate", "statement", ..., "anchor tsa-1"
  State state = State::kNotProven;
  std::string detail;
  bool required = false;
};

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_LAYER_H_
