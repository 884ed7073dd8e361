// A Merkle proof as a value and as bytes on the wire.
//
// Source: RFC 6962 section 2.1 for the order of the hashes: nearest to the leaf first.
// Shape: n hashes of 32 bytes, concatenated; n is not stated, and at most 63. Some consistency
//   proofs to sizes above 2^62 have 64 hashes: those are not carried.

#ifndef CAIRN_MERKLE_PROOF_BYTES_H_
#define CAIRN_MERKLE_PROOF_BYTES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "merkle/hash.h"

namespace cairn::merkle {

using Proof = std::vector<Hash>;

// The longest inclusion proof of a tree of kMaxTreeSize leaves, and C2SP's bound for all proofs.
inline constexpr size_t kMaxProofHashes = 63;

std::string FormatProof(absl::Span<const Hash> proof);

// kInvalidArgument unless `bytes` is a multiple of 32 long and has at most kMaxProofHashes hashes.
absl::StatusOr<Proof> ParseProof(absl::string_view bytes);

}  // namespace cairn::merkle

#endif  // CAIRN_MERKLE_PROOF_BYTES_H_
