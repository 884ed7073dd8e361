// A round freezes one published note: what is anchored is SHA-256 of its bytes as they stand, text
// and signatures.
//
// Shape: rounds are numbered from 1 without gaps; their tree sizes grow strictly, from 1 up. Each
// has
//   the consistency proof from the round before, so that who audits the anchors audits the log.
// Errors of Freeze: kInvalidArgument for a note without a tree; kFailedPrecondition when the tree
//   has not grown since the round before; kDataLoss when the prover's proof does not lead from that
//   round's root to this one (two histories, or damage: nothing may be anchored on top of it); the
//   prover's own errors as they are.
// Threads: pure, apart from the prover.

#ifndef CAIRN_ANCHOR_ROUND_H_
#define CAIRN_ANCHOR_ROUND_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "merkle/hash.h"
#include "merkle/proof_bytes.h"
#include "merkle/types.h"

namespace cairn::anchor {

// What is read often, without the bytes.
struct RoundHead {
  uint64_t number = 0;
  TreeSize size = {};
  Hash root = {};
  Hash digest = {};  // SHA-256 of the note's bytes.
  uint64_t frozen_at_ms = 0;
  // Whether the note carried its policy's quorum of cosignatures.
  bool witnessed = false;
  friend bool operator==(const RoundHead&, const RoundHead&) = default;
};

struct Round {
  RoundHead head = {};
  std::string note = {};
  merkle::Proof consistency = {};  // Of the first round: empty.
  friend bool operator==(const Round&, const Round&) = default;
};

// A published checkpoint, as the log has it.
struct Published {
  std::string note = {};
  TreeSize size = {};  // As the note says.
  Hash root = {};
  bool witnessed = false;
  // How far the log itself has come.
  TreeSize integrated = {};
};

// The proof from a tree to a later one.
using Prover = std::function<absl::StatusOr<merkle::Proof>(TreeSize old_size, TreeSize new_size)>;

// The round that follows `before` (nullopt: the first).
absl::StatusOr<Round> Freeze(const std::optional<RoundHead>& before, const Published& published,
                             uint64_t now_ms, const Prover& prover);

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_ROUND_H_
