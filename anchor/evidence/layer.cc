#include "anchor/evidence/layer.h"

namespace cairn::evidence {

absl::string_view StateName(State state) {
  switch (state) {
    case State::kProven:
      return "proven";
    case State::kNotProven:
      return "not_proven";
    case State::kClaimed:
      return "claimed";
    case State::kFalse:
      break;
  }
  return "false";
}

}  // namespace cairn::evidence
