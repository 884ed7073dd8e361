#include "witness/finding.h"

#include <cassert>

namespace cairn::witness {

absl::string_view FindingKindName(FindingKind kind) {
  switch (kind) {
    case FindingKind::kCheckpoint:
      return "checkpoint";
    case FindingKind::kQuorum:
      return "quorum";
    case FindingKind::kSplitView:
      return "split_view";
    case FindingKind::kRegression:
      return "regression";
    case FindingKind::kTree:
      return "tree";
    case FindingKind::kEntry:
      return "entry";
    case FindingKind::kTime:
      return "time";
    case FindingKind::kCertifier:
      return "certifier";
    case FindingKind::kSignature:
      return "signature";
    case FindingKind::kRepeat:
      return "repeat";
    case FindingKind::kAnchor:
      return "anchor";
    case FindingKind::kUnknown:
      return "unknown";
  }
  assert(false && "every kind has a name");
  return "";
}

}  // namespace cairn::witness
