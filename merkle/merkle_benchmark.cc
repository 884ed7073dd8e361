// Rates of the tree: appending with leaf hashing, proving new leaves, verifying.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "merkle/edge.h"
#include "merkle/hash.h"
#include "merkle/verify.h"

namespace cairn::merkle {
namespace {

constexpr size_t kEntryBytes = 64;
constexpr uint64_t kLeaves = uint64_t{1} << 20;

std::vector<Hash> SomeHashes(size_t count) {
  std::vector<Hash> hashes(count);
  for (size_t i = 0; i < count; ++i) hashes[i] = HashLeaf(std::to_string(i));
  return hashes;
}

// An edge whose partial tiles are full but for one hash: the largest that a tree of this depth has.
Edge LargestEdge() {
  Edge edge;
  edge.Append(SomeHashes(kLeaves - 1));
  return edge;
}

// Items are entries: each is hashed and appended, in batches of the given size.
void BM_Append(benchmark::State& state) {
  const size_t batch = state.range(0);
  const std::string entries(batch * kEntryBytes, 'e');
  Edge edge;
  std::vector<Hash> leaves(batch);
  for (auto _ : state) {
    for (size_t i = 0; i < batch; ++i) {
      leaves[i] = HashLeaf(absl::string_view(entries).substr(i * kEntryBytes, kEntryBytes));
    }
    benchmark::DoNotOptimize(edge.Append(leaves));
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(BM_Append)->Arg(1)->Arg(64)->Arg(1024)->Arg(4096);

// Items are proofs of new leaves in a tree of about 2^20.
void BM_ProveNewLeaf(benchmark::State& state) {
  Edge edge = LargestEdge();
  const Extension extension = edge.Append(SomeHashes(1024));
  uint64_t i = 0;
  for (auto _ : state) {
    const LeafIndex index(extension.first().value() + i++ % 1024);
    benchmark::DoNotOptimize(extension.InclusionProof(index));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ProveNewLeaf);

void BM_CopyEdge(benchmark::State& state) {
  const Edge edge = LargestEdge();
  for (auto _ : state) {
    Edge copy = edge;
    benchmark::DoNotOptimize(copy);
  }
}
BENCHMARK(BM_CopyEdge);

// Items are inclusion proofs in a tree of 2^20 leaves.
void BM_VerifyInclusion(benchmark::State& state) {
  constexpr uint64_t kProofs = 1024;
  Edge edge;
  edge.Append(SomeHashes(kLeaves - kProofs));
  const std::vector<Hash> leaves = SomeHashes(kProofs);
  const Extension extension = edge.Append(leaves);
  std::vector<Proof> proofs;
  for (uint64_t i = 0; i < kProofs; ++i) {
    proofs.push_back(extension.InclusionProof(LeafIndex(extension.first().value() + i)));
  }
  uint64_t next = 0;
  for (auto _ : state) {
    const uint64_t i = next++ % kProofs;
    const absl::Status status =
        VerifyInclusion(LeafIndex(extension.first().value() + i), extension.size(), leaves[i],
                        proofs[i], extension.root());
    if (!status.ok()) state.SkipWithError("a sound proof does not verify");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_VerifyInclusion);

}  // namespace
}  // namespace cairn::merkle
