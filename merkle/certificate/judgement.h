// What is found of a record: whether it holds, in what it contradicts itself, what cannot be
// checked here, what anyone may have edited, and what became of each attestation that comes with
// it.
//
// Shape: codes are persistent, and those that the format's publisher has in use are theirs, letter
// for
//   letter; docs/certificates.md has them all. Fields are paths (canonical_json.h) from the
//   record's own top.
// Threads: values.

#ifndef CAIRN_MERKLE_CERTIFICATE_JUDGEMENT_H_
#define CAIRN_MERKLE_CERTIFICATE_JUDGEMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "merkle/certificate/rounded_number.h"
#include "merkle/hash.h"

namespace cairn::certificate {

enum class Answer {
  kHolds,        // The hashes that the record states are those of what it holds.
  kContradicts,  // It contradicts itself: a finding names the member.
  kCannotCheck,  // Of a kind, version or shape that cannot be checked here; not that it is altered.
};

// "holds", "contradicts_itself", "cannot_be_checked". Persistent.
absl::string_view AnswerName(Answer answer);
// For people: "holds", "contradicts itself", "cannot be checked here".
absl::string_view AnswerText(Answer answer);

struct Finding {
  std::string field;   // Empty: the record as a whole.
  std::string code;    // CERTIFICATE_HASH_MISMATCH, ...
  std::string reason;  // Continues the field: "does not match: ...".

  // "snapshot.input does not match".
  std::string Text() const;
};

enum class AttestationState {
  kProven,     // The signature holds, by a key that was given, and the key stood.
  kNotProven,  // Keys were given, and something named is missing.
  kClaimed,    // No keys were given, or there is no rule for its shape: not checked.
  kFalse,      // It is over another hash, its signature does not hold, or its key is revoked.
};

// "proven", "not_proven", "claimed", "false". Persistent.
absl::string_view AttestationStateName(AttestationState state);
// For people: "not proven".
absl::string_view AttestationStateText(AttestationState state);

// A receipt, a verification envelope or a time stamp that comes with a record.
struct Attestation {
  std::string name;  // "receipt", "receipt 2", "envelope", ...: unique in a judgement.
  std::string path;  // Where it stands, from the file's top.
  AttestationState state = AttestationState::kClaimed;
  std::string code;    // NODE_SIGNATURE_INVALID, ...
  std::string detail;  // A sentence.
  // As it states them; empty where it does not. The node's word.
  std::string node_id = {};
  std::string kid = {};
  std::string attested_at = {};
  std::string attestation_id = {};
  // The key counts for what is shown to be older (POSIX seconds).
  std::optional<int64_t> key_valid_to_s = std::nullopt;
  // What a reader should know beside.
  std::vector<Finding> notices = {};
  // From the file's top: what its signature covers, and the signature. Empty unless proven.
  std::vector<std::string> covered = {};

  void Conclude(AttestationState new_state, absl::string_view new_code, std::string new_detail);
};

// What a proved time makes of an attestation whose key has ended since: `proved_by_s` (POSIX
// seconds) is when the record is proved to have existed.
void HoldToTime(int64_t proved_by_s, Attestation& attestation);

struct Judgement {
  Answer answer = Answer::kHolds;
  // The record's bundleType; empty where it states none.
  std::string kind = {};
  // The protocol version it was judged by; empty of kinds that have none.
  std::string protocol = {};
  // Which documented reading holds, where the kind has several and they differ here: W7, P1, ...
  std::string reading = {};
  // Where the record stands in the file; empty at its top, else "cer", "proof.proofJson", ...
  std::string at = {};
  // It states a hash and holds nothing that the hash could be computed from. Its answer is
  // kCannotCheck, and it can be logged all the same, as its hash could.
  bool hash_alone = false;
  // What is logged of it: recomputed from what it covers; of a record of a hash alone, the one that
  // it states. Absent where that cannot be had here.
  std::optional<Hash> hash = std::nullopt;
  std::vector<Finding> contradictions = {};
  // What cannot be checked. The record may hold all the same: its answer says whether.
  std::vector<Finding> unchecked = {};
  // What a reader should know and no contradiction is.
  std::vector<Finding> notices = {};
  // Members that no hash and no proven signature covers, from the file's top: anyone may have
  // edited them.
  std::vector<std::string> uncovered = {};
  // Those of them that a reader would take for covered, by the record's own names: context, ...
  // The record then never plainly holds.
  std::vector<std::string> left_open = {};
  // Numbers that the hash covers only as rounded.
  RoundedNumbers rounded = {};
  // Likewise the signatures that are proven.
  RoundedNumbers rounded_in_attestations = {};
  std::vector<Attestation> attestations = {};
  // Of a project bundle: its steps in the registry's order.
  std::vector<std::pair<std::string, Judgement>> steps = {};

  // "holds", "holds; context not covered", "contradicts itself", "cannot be checked here".
  std::string Text() const;

  // Whether the record may be taken for one, whatever comes with it. kInvalidArgument, naming each
  // member and why, where it contradicts itself; kFailedPrecondition where it cannot be checked
  // here. A record of a hash alone is OK.
  absl::Status record_status() const;
  // kInvalidArgument, naming them, where attestations are false, or not proven though keys were
  // given.
  absl::Status attestations_status() const;
  // Both.
  absl::Status status() const;

  // Each adds a finding and lowers the answer as far as it must.
  void Contradict(absl::string_view field, absl::string_view code, absl::string_view reason);
  void CannotCheck(absl::string_view field, absl::string_view code, absl::string_view reason);
  // Leave the answer as it is.
  void Unchecked(absl::string_view field, absl::string_view code, absl::string_view reason);
  void Notice(absl::string_view field, absl::string_view code, absl::string_view reason);
};

}  // namespace cairn::certificate

#endif  // CAIRN_MERKLE_CERTIFICATE_JUDGEMENT_H_
