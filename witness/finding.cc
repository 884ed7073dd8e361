#include "witness/finding.h"

#include <cassert>

namespace cairn::witness {

absl::string_view FindingKindName(FindingKind kind) {
  switch (kind) {
    case FindingKind::kQuorum:
      return "quorum";
    case FindingKind::kAge:
      return "age";
    case FindingKind::kSplitView:
      return "split_view";
    case FindingKind::kRegression:
      return "regression";
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
    case FindingKind::kReview:
      return "review";
    case FindingKind::kKeys:
      return "keys";
  }
  assert(false && "every kind has a name");
  return "";
}

std::optional<FindingKind> ParseFindingKind(absl::string_view name) {
  for (int number = 0; number <= static_cast<int>(FindingKind::kKeys); ++number) {
    const auto kind = static_cast<FindingKind>(number);
    if (FindingKindName(kind) == name) return kind;
  }
  return std::nullopt;
}

bool IsLasting(const Finding& finding) {
  switch (finding.kind) {
    case FindingKind::kSplitView:
    case FindingKind::kEntry:
    case FindingKind::kTime:
    case FindingKind::kCertifier:
    case FindingKind::kSignature:
    case FindingKind::kRepeat:
      return true;
    case FindingKind::kAnchor:
      // Of an entry: those are looked at once. Rounds with a fault are read again.
      return finding.index.has_value();
    case FindingKind::kQuorum:
    case FindingKind::kAge:
    case FindingKind::kRegression:
    case FindingKind::kUnknown:
    case FindingKind::kReview:
    case FindingKind::kKeys:
      return false;
  }
  assert(false && "every kind is one or the other");
  return true;
}

}  // namespace cairn::witness
