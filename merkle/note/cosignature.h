// Timestamped cosignatures: "at this time, this checkpoint was the largest consistent one I had
// seen".
//
// Source: C2SP tlog-cosignature v1.0.1, type 0x04.
// Shape: signature = u64be POSIX seconds (<= 2^63 - 1; 0 claims no time) || Ed25519 [64] over
//   "cosignature/v1\n" || "time " decimal "\n" || the note's text.
//   The cosigner's name is not signed: one key serves one cosigner and nothing else.
// Errors: kInvalidArgument, naming what is wrong.
// Threads: pure.

#ifndef CAIRN_MERKLE_NOTE_COSIGNATURE_H_
#define CAIRN_MERKLE_NOTE_COSIGNATURE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/note/key.h"

namespace cairn::note {

// The bytes that a cosigner signs.
std::string CosignatureMessage(uint64_t cosigned_at_s, absl::string_view text);

// What stands after the key ID in the cosigner's line. `key` must be of type kCosignature.
absl::StatusOr<std::string> Cosign(const SignerKey& key, uint64_t cosigned_at_s,
                                   absl::string_view text);

// The time that was signed. `key` must be of type kCosignature.
absl::StatusOr<uint64_t> VerifyCosignature(const VerifierKey& key, absl::string_view text,
                                           absl::string_view signature);

}  // namespace cairn::note

#endif  // CAIRN_MERKLE_NOTE_COSIGNATURE_H_
