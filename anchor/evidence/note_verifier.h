// Signatures on checkpoints, each verified once: the evidence of many entries rests on one note.
//
// Errors: those of note::VerifyCheckpoint and note::VerifyCosignatures.
// Threads: one at a time. Memory: at most `max_remembered` findings of either kind; then it forgets
//   all of that kind.

#ifndef CAIRN_ANCHOR_EVIDENCE_NOTE_VERIFIER_H_
#define CAIRN_ANCHOR_EVIDENCE_NOTE_VERIFIER_H_

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/note/policy.h"

namespace cairn::evidence {

class NoteVerifier {
 public:
  explicit NoteVerifier(size_t max_remembered = 1024) : max_remembered_(max_remembered) {}

  // Whether the note is a checkpoint of the key's log and signed with the key.
  absl::Status SignedBy(absl::string_view note, const note::VerifierKey& key);

  // By which witnesses of the policy it is cosigned. A policy is known by its address: it has to
  // outlive this.
  absl::StatusOr<note::CosignedAt> CosignedAt(absl::string_view note, const note::Policy& policy);

 private:
  const size_t max_remembered_;
  std::map<std::pair<Hash, std::string>, absl::Status> signed_by_;
  std::map<std::pair<Hash, const note::Policy*>, absl::StatusOr<note::CosignedAt>> cosigned_at_;
};

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_NOTE_VERIFIER_H_
