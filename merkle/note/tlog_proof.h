// A leaf's inclusion proof and the signed checkpoint it leads to, in one file.
//
// Source: C2SP tlog-proof (untagged; text of 2026-05).
// Shape: "c2sp.org/tlog-proof@v1\n", optionally "extra " base64 '\n', "index " decimal '\n', at
//   most 63 lines of one base64 hash (the leaf's sibling first), '\n', the checkpoint's note as it
//   stands. `extra` is authenticated by nothing, and at most kMaxExtraBytes long.
// Errors: kInvalidArgument for malformed bytes and for proofs that do not lead to the signed root;
//   kPermissionDenied when the log's signature is missing or does not verify.
// Threads: pure.

#ifndef CAIRN_MERKLE_NOTE_TLOG_PROOF_H_
#define CAIRN_MERKLE_NOTE_TLOG_PROOF_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint.h"
#include "merkle/note/key.h"
#include "merkle/proof_bytes.h"
#include "merkle/types.h"

namespace cairn::note {

// Before base64. The specification names no bound.
inline constexpr size_t kMaxExtraBytes = 64 << 10;

struct TlogProof {
  std::optional<std::string> extra;
  LeafIndex index;
  merkle::Proof proof;
  std::string checkpoint;  // The note's exact bytes.

  friend bool operator==(const TlogProof&, const TlogProof&) = default;
};

// Parsing also demands that the checkpoint is a well-formed note over a well-formed checkpoint.
// FormatTlogProof(ParseTlogProof(bytes)) == bytes.
absl::StatusOr<TlogProof> ParseTlogProof(absl::string_view bytes);
absl::StatusOr<std::string> FormatTlogProof(const TlogProof& proof);

// Verifies the log's signature, then the path from `leaf_hash` to the signed root at the signed
// size, and returns the checkpoint. Cosignatures are for the caller's policy (OpenNote).
absl::StatusOr<Checkpoint> VerifyTlogProof(const TlogProof& proof, const Hash& leaf_hash,
                                           const VerifierKey& log_key);

}  // namespace cairn::note

#endif  // CAIRN_MERKLE_NOTE_TLOG_PROOF_H_
