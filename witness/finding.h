// What an audit has found wrong with a log, or what a person has to look at.
//
// A finding is about what authenticates: what the log signed, entries under a root that it signed,
// or the age and signatures of what is served. What could not be fetched or read is none.
// Lasting ones stand for ever once they are found: what the log signed does not go away. The others
// hold for what was seen in one run, and each run looks anew.

#ifndef CAIRN_WITNESS_FINDING_H_
#define CAIRN_WITNESS_FINDING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "merkle/types.h"

namespace cairn::witness {

enum class FindingKind {
  kQuorum,      // The policy's witnesses have not cosigned the checkpoint.
  kAge,         // Nothing shows that the checkpoint is as new as it has to be.
  kSplitView,   // Two checkpoints of which neither continues the other; see misbehaviour.h.
  kRegression,  // It shows a smaller tree than before: observed, and no proof to others.
  kEntry,       // An entry that has no decoding.
  kTime,        // Times that fall, or contradict when witnesses saw the tree.
  kCertifier,  // A statement that its certifier could not make then, or a change against the rules.
  kSignature,  // One that does not hold.
  kRepeat,     // A statement that is in the log already and does not say that it supersedes it.
  kAnchor,     // What it says that it had anchored is false, or does not fit together.
  kUnknown,    // A statement under a monitored name that its owner does not know.
  kReview,     // A statement under a monitored name that only its owner can judge.
  kKeys,       // The log changed the key of a monitored name.
};

// "quorum", "age", "split_view", ... Persistent: scripts and states depend on them.
absl::string_view FindingKindName(FindingKind kind);
// The other way; nullopt for what is no name.
std::optional<FindingKind> ParseFindingKind(absl::string_view name);

// That a person has looked at a finding.
struct Acknowledgement {
  uint64_t at_ms = 0;
  std::string reason = {};
  friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};

struct Finding {
  FindingKind kind = FindingKind::kEntry;
  std::optional<LeafIndex> index = std::nullopt;
  std::string text = {};
  // By findings.h: its number, from 1; whether the run before did not show it.
  uint64_t number = 0;
  bool is_new = false;
  std::optional<Acknowledgement> acknowledged = std::nullopt;
};

bool IsLasting(const Finding& finding);

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_FINDING_H_
