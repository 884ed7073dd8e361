// Makes signed checkpoints for one log. Keeps no history: who calls it sees to it that no two of
// its checkpoints disagree.
//
// Source: C2SP tlog-checkpoint v1.0.0; the order of signatures, Ed25519 first, from tlog-tiles.
// Errors: kInvalidArgument for keys or checkpoints that do not belong to this log.
// Threads: const members may be called from any thread.

#ifndef CAIRN_MERKLE_NOTE_CHECKPOINT_SIGNER_H_
#define CAIRN_MERKLE_NOTE_CHECKPOINT_SIGNER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/key.h"

namespace cairn::note {

class CheckpointSigner {
 public:
  // Signatures are made in the order of `keys`. All keys are of type kEd25519 and carry one name,
  // which is the log's origin; at least one, none twice.
  static absl::StatusOr<CheckpointSigner> Create(std::vector<SignerKey> keys);

  const std::string& origin() const { return keys_.front().name(); }
  // In the order of the signatures.
  std::vector<VerifierKey> verifier_keys() const;

  // The bytes of the signed note; the same for the same checkpoint. Refuses another origin.
  absl::StatusOr<std::string> Sign(const Checkpoint& checkpoint) const;

 private:
  explicit CheckpointSigner(std::vector<SignerKey> keys) : keys_(std::move(keys)) {}

  std::vector<SignerKey> keys_;
};

}  // namespace cairn::note

#endif  // CAIRN_MERKLE_NOTE_CHECKPOINT_SIGNER_H_
