// What evidence carries beside its own statement: the closing record of a run, and openings of
// commitments.
//
// Neither says anything about the statement's own layers.
// Threads: as NoteVerifier.

#ifndef CAIRN_ANCHOR_EVIDENCE_CARRIED_H_
#define CAIRN_ANCHOR_EVIDENCE_CARRIED_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/layer.h"
#include "anchor/evidence/note_verifier.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"

namespace cairn::evidence {

// What stands in a record in the place of a member that is committed to: HMAC-SHA256(salt,
// "cairn.v1/commitment\n" || u16be length of path || path || value). The salt is 32 random bytes,
// of each member its own: without it nobody can try values. The path is in it, so that one member's
// commitment is none of another's.
Hash CommitmentOf(const Commitment& commitment);

// The certificate hash that the entry of this evidence commits to: that of the opening with the
// empty path, where the entry's hash is entry::CommittedHash of it. nullopt where there is no such
// opening, or it does not open the entry.
std::optional<Hash> OpenedHash(const Evidence& evidence, const Hash& logged);

// Layer `run`, of evidence that has one. Proven when the record's SHA-256 is the certificate hash
// of `run.entry`, the entry's trace is that of the evidence's own statement, and the entry is in
// the tree of a checkpoint of the same log that its key has signed. False when one of these does
// not hold; without the log's key not proven. What the record says is not looked at, nor that it
// closes the run: the log may have another.
Layer JudgeRun(const Evidence& evidence, const std::optional<note::VerifierKey>& log_key,
               NoteVerifier& notes);

// Layer `commitments`, of evidence that has some. The opening of the entry's own hash (empty path)
// is proven or false. Others are claimed: what stands in a record in the place of a committed
// member is checked with the record at hand, by `cairn redact --check`.
Layer JudgeCommitments(const Evidence& evidence, const Hash& logged);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_CARRIED_H_
