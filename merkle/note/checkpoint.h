// Checkpoints: what a log signs about its tree.
//
// Source: C2SP tlog-checkpoint v1.0.0.
// Shape: origin '\n' decimal size '\n' base64 root '\n', then optional non-empty extension lines.
//   An empty tree has the root SHA-256("").
// Errors: kInvalidArgument for malformed bytes, kPermissionDenied for signatures that are missing
//   or do not verify, and for a key of another origin.
// Threads: pure.

#ifndef CAIRN_MERKLE_NOTE_CHECKPOINT_H_
#define CAIRN_MERKLE_NOTE_CHECKPOINT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"
#include "merkle/note/key.h"
#include "merkle/types.h"

namespace cairn::note {

struct Checkpoint {
  std::string origin;
  TreeSize size;
  Hash root;
  std::vector<std::string> extensions;  // Without their line ends. Ours has none.

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// The text of a note, without signatures. FormatCheckpoint(ParseCheckpoint(text)) == text.
absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view text);
absl::StatusOr<std::string> FormatCheckpoint(const Checkpoint& checkpoint);

// Parses a note, verifies the log's signature, and reads the checkpoint, whose origin must be the
// key's name. Signatures by others are neither verified nor needed.
absl::StatusOr<Checkpoint> VerifyCheckpoint(absl::string_view note_bytes,
                                            const VerifierKey& log_key);

}  // namespace cairn::note

#endif  // CAIRN_MERKLE_NOTE_CHECKPOINT_H_
