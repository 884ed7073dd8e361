#include "anchor/evidence/note_verifier.h"

#include <vector>

#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"
#include "merkle/signature/ed25519.h"

namespace cairn::evidence {
namespace {

// What `found` has under this key; `find` tells what that is where it has nothing yet.
template <typename Map, typename Find>
typename Map::mapped_type Remember(Map& found, size_t most, typename Map::key_type key,
                                   const Find& find) {
  const auto known = found.find(key);
  if (known != found.end()) return known->second;
  if (found.size() >= most) found.clear();
  return found.emplace(std::move(key), find()).first->second;
}

}  // namespace

absl::Status NoteVerifier::SignedBy(absl::string_view note, const note::VerifierKey& key) {
  return Remember(signed_by_, max_remembered_, {merkle::Sha256(note), key.Format()},
                  [&] { return note::VerifyCheckpoint(note, key).status(); });
}

absl::StatusOr<note::Cosignatures> NoteVerifier::Cosignatures(
    absl::string_view note, const note::Policy& policy,
    const std::optional<note::VerifierKey>& log_key) {
  return Remember(cosignatures_, max_remembered_,
                  {merkle::Sha256(note), &policy, log_key ? log_key->Format() : ""},
                  [&]() -> absl::StatusOr<note::Cosignatures> {
                    const absl::StatusOr<note::Note> parsed = note::ParseNote(note);
                    if (!parsed.ok()) return parsed.status();
                    std::vector<PublicKey> log_keys;
                    if (log_key) log_keys.push_back(log_key->public_key());
                    return note::ReadCosignatures(*parsed, policy, log_keys);
                  });
}

}  // namespace cairn::evidence
