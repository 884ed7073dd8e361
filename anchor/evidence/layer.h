// One thing that evidence claims, and what became of it when it was checked.
//
// Shape: names, states and codes are persistent: scripts and other verifiers depend on them;
//   docs/formats.md, "Verdicts", has them all with what decides each. The words of `detail` may
//   change.

#ifndef CAIRN_ANCHOR_EVIDENCE_LAYER_H_
#define CAIRN_ANCHOR_EVIDENCE_LAYER_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cairn::evidence {

enum class State {
  kProven,     // It follows from the evidence and what the verifier brought.
  kNotProven,  // What the verifier brought could judge it, but something named is missing.
  kClaimed,    // Nothing that the verifier brought applies to it. It moves nothing.
  kFalse,      // Something contradicts it. Fails the evidence whatever was required.
};

// "proven", "not_proven", "claimed", "false".
absl::string_view StateName(State state);

struct Layer {
  std::string name;  // "certificate", "statement", ..., "anchor tsa-1"
  State state = State::kNotProven;
  std::string code = {};  // Why it is in this state, in snake case.
  std::string detail = {};
  bool required = false;

  void Judge(State new_state, absl::string_view new_code) {
    state = new_state;
    code = std::string(new_code);
  }
};

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_LAYER_H_
