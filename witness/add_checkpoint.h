// The request by which a log asks a witness to cosign.
//
// Source: C2SP tlog-witness v1.0.0 and its next version as of 2026-07-06.
// Shape: "old " decimal '\n', up to 63 lines of one base64 hash (the consistency proof from the old
//   size to the checkpoint's), '\n', the checkpoint's note as it stands. At most
//   kMaxAddCheckpointBytes; others take 16 KiB, so only what they need belongs into it.
// Errors: kInvalidArgument, naming what is wrong; kPermissionDenied for signature lines that are
//   none; kFailedPrecondition for an empty tree whose root is another's.
// Threads: pure.

#ifndef CAIRN_WITNESS_ADD_CHECKPOINT_H_
#define CAIRN_WITNESS_ADD_CHECKPOINT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/note.h"
#include "merkle/proof_bytes.h"
#include "merkle/types.h"

namespace cairn::witness {

inline constexpr size_t kMaxAddCheckpointBytes = size_t{64} << 10;

struct AddCheckpoint {
  // What the log believes the witness to have cosigned last; 0: nothing.
  TreeSize old_size;
  merkle::Proof proof;
  note::Note note;
  note::Checkpoint checkpoint;  // The note's text.
};

// Signatures are not verified.
absl::StatusOr<AddCheckpoint> ParseAddCheckpoint(absl::string_view body);

// `note_bytes` goes in as it is.
std::string FormatAddCheckpoint(TreeSize old_size, const merkle::Proof& proof,
                                absl::string_view note_bytes);

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_ADD_CHECKPOINT_H_
