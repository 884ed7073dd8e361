// Whose cosignatures under a checkpoint count for a verifier with a policy, and by when they prove
// that it existed.
//
// A cosignature of time 0 counts for the quorum and claims no time. One that is later than the
// verifier's clock counts for nothing. A witness whose key is a log's never counts.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_WITNESSES_H_
#define CAIRN_ANCHOR_EVIDENCE_WITNESSES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "anchor/evidence/layer.h"
#include "merkle/note/policy.h"

namespace cairn::evidence {

struct JudgedWitnesses {
  Layer layer;  // `witnesses`
  bool quorum = false;
  // The policy's witnesses, by name, and how many of them count.
  std::vector<std::string> names = {};
  size_t cosigned = 0;
  // Two quorums can have no witness in common: then each can cosign a tree of its own.
  bool weak_quorum = false;
  // POSIX seconds: the least second, and one more because cosignatures are of whole seconds, by
  // which the quorum was met, by the witnesses' clocks.
  std::optional<uint64_t> existed_by_s = std::nullopt;
  // The quorum is met, but not by cosignatures that claim a time.
  bool untimed = false;
};

// Without a policy nobody counts. `cosignatures` is what ReadCosignatures said under that policy.
JudgedWitnesses JudgeWitnesses(const note::Policy* policy,
                               const absl::StatusOr<note::Cosignatures>& cosignatures,
                               std::optional<uint64_t> now_s);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_WITNESSES_H_
