#include "merkle/note/checkpoint_signer.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "merkle/note/note.h"

namespace cairn::note {

absl::StatusOr<CheckpointSigner> CheckpointSigner::Create(std::vector<SignerKey> keys) {
  if (keys.empty()) return absl::InvalidArgumentError("a log signs with at least one key");
  if (keys.size() > kMaxNoteSignatures) {
    return absl::InvalidArgumentError(
        absl::StrCat("a log may sign with ", kMaxNoteSignatures, " keys, got ", keys.size()));
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].type() != KeyType::kEd25519) {
      return absl::InvalidArgumentError("a log's key is of type 0x01; 0x04 is for cosigners");
    }
    if (keys[i].name() != keys[0].name()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "a log's keys carry its origin: ", keys[0].name(), " and ", keys[i].name(), " differ"));
    }
    for (size_t j = 0; j < i; ++j) {
      if (keys[i].verifier_key().id() == keys[j].verifier_key().id()) {
        return absl::InvalidArgumentError(
            absl::StrCat("two keys have the ID ", keys[i].verifier_key().id().Hex()));
      }
    }
  }
  return CheckpointSigner(std::move(keys));
}

std::vector<VerifierKey> CheckpointSigner::verifier_keys() const {
  std::vector<VerifierKey> verifier_keys;
  for (const SignerKey& key : keys_) verifier_keys.push_back(key.verifier_key());
  return verifier_keys;
}

absl::StatusOr<std::string> CheckpointSigner::Sign(const Checkpoint& checkpoint) const {
  if (checkpoint.origin != origin()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a checkpoint of ", checkpoint.origin, " cannot be signed as ", origin()));
  }
  absl::StatusOr<std::string> text = FormatCheckpoint(checkpoint);
  if (!text.ok()) return text.status();
  Note note{*std::move(text), {}};
  for (const SignerKey& key : keys_) {
    note.signatures.push_back(
        {key.name(), key.verifier_key().id(), std::string(key.Sign(note.text).view())});
  }
  return FormatNote(note);
}

}  // namespace cairn::note
