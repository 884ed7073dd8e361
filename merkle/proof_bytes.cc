#include "merkle/proof_bytes.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cairn::merkle {

std::string FormatProof(absl::Span<const Hash> proof) {
  std::string bytes;
  bytes.reserve(proof.size() * Hash::kSize);
  for (const Hash& hash : proof) bytes.append(hash.view().data(), Hash::kSize);
  return bytes;
}

absl::StatusOr<Proof> ParseProof(absl::string_view bytes) {
  if (bytes.size() % Hash::kSize != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a proof is a multiple of 32 bytes, got ", bytes.size()));
  }
  const size_t count = bytes.size() / Hash::kSize;
  if (count > kMaxProofHashes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a proof may have at most ", kMaxProofHashes, " hashes, got ", count));
  }
  Proof proof(count);
  for (size_t i = 0; i < count; ++i) {
    std::copy_n(bytes.data() + i * Hash::kSize, Hash::kSize, proof[i].bytes.begin());
  }
  return proof;
}

}  // namespace cairn::merkle
