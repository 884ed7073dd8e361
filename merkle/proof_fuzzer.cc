// Proof bytes that parse format to themselves, and of all bytes only the one true proof verifies.
// Input: index u8, size u8, proof length in bytes u16 big-endian, then bytes that are XORed onto
// the true proof (cut, or filled up with zeros, to that length), so that a short input is a near
// miss.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "merkle/naive_tree.h"
#include "merkle/verify.h"

using cairn::LeafIndex;
using cairn::TreeSize;
using cairn::merkle::FormatProof;
using cairn::merkle::NaiveTree;
using cairn::merkle::ParseProof;
using cairn::merkle::Proof;
using cairn::merkle::VerifyConsistency;
using cairn::merkle::VerifyInclusion;

namespace {

constexpr size_t kHeaderBytes = 4;

std::string Mutant(const Proof& sound, size_t length, absl::string_view flips) {
  std::string bytes = FormatProof(sound);
  bytes.resize(length);
  for (size_t i = 0; i < std::min(bytes.size(), flips.size()); ++i) bytes[i] ^= flips[i];
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t input_size) {
  static auto* const tree = new NaiveTree(256);
  if (input_size < kHeaderBytes) return 0;
  const uint64_t size = uint64_t{data[1]} + 1;
  const uint64_t index = data[0] % size;
  const size_t length = (size_t{data[2]} << 8 | data[3]) % 4096;
  const absl::string_view flips(reinterpret_cast<const char*>(data + kHeaderBytes),
                                input_size - kHeaderBytes);

  const Proof inclusion = tree->Path(index, 0, size);
  const std::string inclusion_bytes = Mutant(inclusion, length, flips);
  if (const auto proof = ParseProof(inclusion_bytes); proof.ok()) {
    if (FormatProof(*proof) != inclusion_bytes) std::abort();
    const bool verifies = VerifyInclusion(LeafIndex(index), TreeSize(size), tree->leaves()[index],
                                          *proof, tree->Mth(0, size))
                              .ok();
    if (verifies != (*proof == inclusion)) std::abort();
  }

  const Proof consistency = tree->Consistency(index + 1, size);
  const std::string consistency_bytes = Mutant(consistency, length, flips);
  if (const auto proof = ParseProof(consistency_bytes); proof.ok()) {
    const bool verifies = VerifyConsistency(TreeSize(index + 1), TreeSize(size),
                                            tree->Mth(0, index + 1), tree->Mth(0, size), *proof)
                              .ok();
    if (verifies != (*proof == consistency)) std::abort();
  }
  return 0;
}
