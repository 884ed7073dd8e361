// Signatures on checkpoints, each verified once: the evidence of many entries rests on one note.
//
// Errors: those of note::VerifyCheckpoint and note::ReadCosignatures.
// Threads: one at a time. Memory: at most `max_remembered` findings of either kind; then it forgets
//   all of that kind.

#ifndef CAIRN_ANCHOR_EVIDENCE_NOTE_VERIFIER_H_
#define CAIRN_ANCHOR_EVIDENCE_NOTE_VERIFIER_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>
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

  // What the witnesses of the policy have put under it. None counts that has `log_key`, where there
  // is one, or another log's. A policy is known by its address: it has to outlive this.
  absl::StatusOr<note::Cosignatures> Cosignatures(absl::string_view note,
                                                  const note::Policy& policy,
                                                  const std::optional<note::VerifierKey>& log_key);

 private:
  const size_t max_remembered_;
  std::map<std::pair<Hash, std::string>, absl::Status> signed_by_;
  // By note, policy and the log's key.
  std::map<std::tuple<Hash, const note::Policy*, std::string>, absl::StatusOr<note::Cosignatures>>
      cosignatures_;
};

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_NOTE_VERIFIER_H_
