// The proof that a log showed two trees of which neither continues the other: two checkpoints with
// its signature, and where their sizes differ a path that says what the smaller one should be.
//
// It convinces whoever trusts a key of the log, offline: the log signed both, and no append leads
// from one to the other.
// Shape, version 1:
//   "cairn.v1/misbehaviour\n"
//   "first " <bytes of the first note> '\n'
//   "second " <bytes of the second note> '\n'
//   base64 hash '\n', none for equal sizes; otherwise merkle::ConsistencyPath from the first tree's
//     size to the second's, in the tree of the second
//   '\n'
//   the first note, then the second, byte for byte: C2SP signed notes over checkpoints of one
//   origin
// Limits: kMaxMisbehaviourBytes.
// Errors: kInvalidArgument for what is no such file or proves nothing; kPermissionDenied for a note
//   that no key of the log signed.
// Threads: pure.

#ifndef CAIRN_MERKLE_NOTE_MISBEHAVIOUR_H_
#define CAIRN_MERKLE_NOTE_MISBEHAVIOUR_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/key.h"
#include "merkle/note/note.h"
#include "merkle/proof_bytes.h"

namespace cairn::note {

inline constexpr size_t kMaxMisbehaviourBytes = 2 * kMaxNoteBytes + (size_t{8} << 10);

struct Misbehaviour {
  // Note bytes; of the smaller tree, where the sizes differ.
  std::string first;
  std::string second;
  merkle::Proof path;

  friend bool operator==(const Misbehaviour&, const Misbehaviour&) = default;
};

// FormatMisbehaviour(ParseMisbehaviour(bytes)) == bytes for all that parses.
absl::StatusOr<Misbehaviour> ParseMisbehaviour(absl::string_view bytes);
absl::StatusOr<std::string> FormatMisbehaviour(const Misbehaviour& misbehaviour);

// What was proved.
struct SplitView {
  Checkpoint first;
  Checkpoint second;
  // The root that the first tree's leaves have in the second; the second's own for equal sizes.
  Hash first_root_in_second;
};

// OK when it proves that a log with one of these keys misbehaved. `log_keys` may be of several
// logs: both notes must be signed by keys of one origin.
absl::StatusOr<SplitView> VerifyMisbehaviour(const Misbehaviour& misbehaviour,
                                             absl::Span<const VerifierKey> log_keys);

}  // namespace cairn::note

#endif  // CAIRN_MERKLE_NOTE_MISBEHAVIOUR_H_
