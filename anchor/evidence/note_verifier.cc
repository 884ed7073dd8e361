#include "anchor/evidence/note_verifier.h"

#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"

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

absl::StatusOr<note::CosignedAt> NoteVerifier::CosignedAt(absl::string_view note,
                                                          const note::Policy& policy) {
  return Remember(cosigned_at_, max_remembered_, {merkle::Sha256(note), &policy},
                  [&]() -> absl::StatusOr<note::CosignedAt> {
                    const absl::StatusOr<note::Note> parsed = note::ParseNote(note);
                    if (!parsed.ok()) return parsed.status();
                    return note::VerifyCosignatures(*parsed, policy);
                  });
}

}  // namespace cairn::evidence
