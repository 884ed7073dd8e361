// Trust policies: which logs are accepted, and which witnesses must have cosigned.
//
// Source: C2SP tlog-policy (untagged; text of 2026-05).
// Shape: lines, in fields separated by runs of blanks and tabs; lines whose first field begins with
//   '#' and empty ones say nothing.
//     log <vkey> [<url>]                          vkey name = origin, type kEd25519
//     witness <name> <vkey> [<url>]               type kCosignature
//     group <name> all|any|<k> <member>...        1 <= k <= members
//     quorum <name>|none                          exactly once
//   Names are bytes. A name is defined on an earlier line than it is used on, and is a member of at
//   most one group. No two logs, and no two witnesses, have one public key. A witness may have a
//   log's: it never counts as one, see ReadCosignatures.
//   At most kMaxPolicyBytes.
// Errors: kInvalidArgument, naming the line.
// Threads: immutable after construction.

#ifndef CAIRN_MERKLE_NOTE_POLICY_H_
#define CAIRN_MERKLE_NOTE_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/key.h"
#include "merkle/note/note.h"
#include "merkle/signature/ed25519.h"

namespace cairn::note {

// Room for a hundred thousand logs.
inline constexpr size_t kMaxPolicyBytes = size_t{32} << 20;

struct PolicyLog {
  VerifierKey key;
  std::optional<std::string> url;
};

struct PolicyWitness {
  std::string name;
  VerifierKey key;
  std::optional<std::string> url;
};

// For each witness of a policy, in its order, whether it is meant.
using WitnessSet = std::vector<bool>;

class Policy {
 public:
  static absl::StatusOr<Policy> Parse(absl::string_view text);

  const std::vector<PolicyLog>& logs() const { return logs_; }
  const std::vector<PolicyWitness>& witnesses() const { return witnesses_; }

  // The logs of an origin, as positions in logs(); a log may have several keys.
  std::vector<size_t> LogsOf(absl::string_view origin) const;

  // Whether no cosignature is needed.
  bool needs_none() const { return !quorum_.has_value(); }
  // Whether cosignatures of these witnesses are enough. Requires one element a witness.
  bool IsQuorum(const WitnessSet& cosigned) const;
  // Whether two quorums can have no witness in common: then two checkpoints that contradict each
  // other can both be cosigned by honest witnesses.
  bool HasDisjointQuorums() const;

 private:
  // A witness, or a group whose members are earlier nodes.
  struct Node {
    size_t witness = 0;
    std::vector<size_t> members = {};
    size_t threshold = 0;  // 0: a witness.
  };
  class Parser;

  bool CanDivide(size_t node) const;

  std::vector<PolicyLog> logs_;
  std::vector<PolicyWitness> witnesses_;
  absl::flat_hash_map<std::string, std::vector<size_t>> origins_;
  std::vector<Node> nodes_;
  std::optional<size_t> quorum_;  // In nodes_.
};

// What the witnesses of a policy have put under a note, a place for each witness in its order.
struct Cosignatures {
  // The times that it signed, rising, none twice; 0 claims no time. Empty: it did not cosign.
  std::vector<std::vector<uint64_t>> times_s;
  // Its key is a log's. Such a line shows that the log signed twice and nothing else, so it is not
  // read, and the witness has no times.
  WitnessSet has_log_key;
};
// Lines by nobody of the policy are ignored. A log's key is one of the policy's logs, one of
// `log_keys`, or one that has signed the note under its origin. kPermissionDenied when a line by a
// witness that counts does not verify.
absl::StatusOr<Cosignatures> ReadCosignatures(const Note& note, const Policy& policy,
                                              absl::Span<const PublicKey> log_keys = {});

// When each witness of the policy cosigned the note, at the latest; nullopt: it did not, or it has
// a log's key. Errors as there.
using CosignedAt = std::vector<std::optional<uint64_t>>;
absl::StatusOr<CosignedAt> VerifyCosignatures(const Note& note, const Policy& policy);

// Of whom a time is known.
WitnessSet CosignersOf(const CosignedAt& cosigned_at_s);

// What a note proves to somebody with a policy.
struct PolicyVerdict {
  Checkpoint checkpoint;
  size_t log = 0;                 // In policy.logs().
  CosignedAt cosigned_at_s = {};  // By witness.
  bool quorum = false;
};

// Verifies the signatures of the policy's logs and witnesses. kPermissionDenied when no log of the
// policy for the note's origin has signed, or when a line by a known key does not verify. Whether
// the quorum is met is in the verdict.
absl::StatusOr<PolicyVerdict> JudgeCheckpoint(absl::string_view note_bytes, const Policy& policy);

}  // namespace cairn::note

#endif  // CAIRN_MERKLE_NOTE_POLICY_H_
