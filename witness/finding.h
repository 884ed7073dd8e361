// What an audit has found wrong with a log.

#ifndef CAIRN_WITNESS_FINDING_H_
#define CAIRN_WITNESS_FINDING_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "merkle/types.h"

namespace cairn::witness {

enum class FindingKind {
  kCheckpoint,  // It is malformed, or not signed by the log.
  kQuorum,      // The policy's witnesses have not cosigned it.
  kSplitView,   // Two checkpoints of which neither continues the other; see misbehaviour.h.
  kRegression,  // It shows a smaller tree than before: observed, and no proof to others.
  kTree,        // Tiles, entries and the signed root do not belong together.
  kEntry,       // An entry that has no decoding.
  kTime,        // Times that fall, or contradict when witnesses saw the tree.
  kCertifier,  // A statement that its certifier could not make then, or a change against the rules.
  kSignature,  // One that does not hold.
  kRepeat,     // A statement that is in the log already and does not say that it supersedes it.
  kAnchor,     // What it says that it had anchored is false, or does not fit together.
  kUnknown,    // A statement under a monitored name that its owner does not know.
};

// "checkpoint", "quorum", "split_view", ... Persistent: scripts depend on them.
absl::string_view FindingKindName(FindingKind kind);

struct Finding {
  FindingKind kind = FindingKind::kTree;
  std::optional<LeafIndex> index = std::nullopt;
  std::string text = {};
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_FINDING_H_
