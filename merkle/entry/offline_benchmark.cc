// What one core does offline: proofs under a checkpoint that is verified already, and auditing,
// which makes the root again from all entries. Items are entries, of 180 bytes.

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "merkle/bundle.h"
#include "merkle/edge.h"
#include "merkle/entry/entry.h"
#include "merkle/entry/statement.h"
#include "merkle/hash.h"
#include "merkle/proof_bytes.h"
#include "merkle/verify.h"

namespace cairn::entry {
namespace {

constexpr char kOrigin[] = "log.example/benchmark";
constexpr uint64_t kTimeMs = 1'700'000'000'000;
// Of a bundle, as entries are served and stored.
constexpr size_t kBundleEntries = 256;

Statement MakeStatement(uint64_t number) {
  Statement statement;
  statement.certificate_hash = merkle::Sha256(std::to_string(number));
  statement.policy_status = PolicyStatus::kPass;
  statement.certifier = kAnonymous;
  statement.trace = std::string(58, 't');
  statement.task = std::string(58, 't');
  return statement;
}

std::string EncodeOne(SignedStatement statement) {
  return *Encode({.accepted_at_ms = kTimeMs, .body = std::move(statement)});
}

std::string MakeBundle(const std::vector<SignedStatement>& statements) {
  std::string bundle;
  for (const SignedStatement& statement : statements) {
    if (!merkle::AppendToBundle(EncodeOne(statement), bundle).ok()) std::abort();
  }
  return bundle;
}

// Appends the entries of one bundle to a tree, over and over; `judge` sees each of them.
template <typename Judge>
void Audit(benchmark::State& state, const std::string& bundle, const Judge& judge) {
  merkle::Edge tree;
  std::vector<Hash> leaves(kBundleEntries);
  for (auto _ : state) {
    const auto entries = merkle::ParseBundle(bundle, kBundleEntries);
    for (size_t i = 0; i < kBundleEntries; ++i) {
      if (!judge((*entries)[i])) state.SkipWithError("a sound entry is refused");
      leaves[i] = merkle::HashLeaf((*entries)[i]);
    }
    benchmark::DoNotOptimize(tree.Append(leaves));
  }
  state.SetItemsProcessed(state.iterations() * kBundleEntries);
}

std::vector<SignedStatement> Unsigned() {
  std::vector<SignedStatement> statements(kBundleEntries);
  for (size_t i = 0; i < kBundleEntries; ++i) statements[i].statement = MakeStatement(i);
  return statements;
}

// The root from the entries' bytes.
void BM_AuditUnsigned(benchmark::State& state) {
  Audit(state, MakeBundle(Unsigned()), [](absl::string_view) { return true; });
}
BENCHMARK(BM_AuditUnsigned);

// And each of them read.
void BM_AuditUnsignedDecoded(benchmark::State& state) {
  Audit(state, MakeBundle(Unsigned()), [](absl::string_view entry) { return Decode(entry).ok(); });
}
BENCHMARK(BM_AuditUnsignedDecoded);

// And every signature verified.
void AuditSigned(benchmark::State& state, const std::vector<SignedStatement>& statements,
                 const PublicKey& key) {
  StatementVerifier verifier(kOrigin);
  Audit(state, MakeBundle(statements), [&](absl::string_view bytes) {
    const absl::StatusOr<Entry> entry = Decode(bytes);
    return entry.ok() && verifier.Verify(std::get<SignedStatement>(entry->body), key).ok();
  });
}

void BM_AuditSigned(benchmark::State& state) {
  const PrivateKey key = PrivateKey::Generate();
  std::vector<SignedStatement> statements;
  for (size_t i = 0; i < kBundleEntries; ++i) {
    statements.push_back(*SignStatement(kOrigin, MakeStatement(i), key));
  }
  AuditSigned(state, statements, key.public_key());
}
BENCHMARK(BM_AuditSigned);

void BM_AuditBatchSigned(benchmark::State& state) {
  const PrivateKey key = PrivateKey::Generate();
  std::vector<Statement> statements;
  for (size_t i = 0; i < kBundleEntries; ++i) statements.push_back(MakeStatement(i));
  AuditSigned(state, *SignBatch(kOrigin, std::move(statements), key), key.public_key());
}
BENCHMARK(BM_AuditBatchSigned);

// Of entries in a tree of 10 M: from the bytes of entry and proof to the checkpoint's root.
void BM_VerifyProofs(benchmark::State& state) {
  constexpr uint64_t kBefore = 10'000'000;
  merkle::Edge tree;
  std::vector<Hash> leaves(4000);
  for (uint64_t first = 0; first < kBefore; first += leaves.size()) {
    for (uint64_t i = 0; i < leaves.size(); ++i) {
      const uint64_t number = first + i;
      std::memcpy(leaves[i].bytes.data(), &number, sizeof number);
    }
    tree.Append(leaves);
  }
  std::vector<std::string> entries, proofs;
  std::vector<Hash> last;
  for (const SignedStatement& statement : Unsigned()) {
    entries.push_back(EncodeOne(statement));
    last.push_back(merkle::HashLeaf(entries.back()));
  }
  const merkle::Extension extension = tree.Append(last);
  for (uint64_t i = 0; i < last.size(); ++i) {
    proofs.push_back(merkle::FormatProof(extension.InclusionProof(LeafIndex(kBefore + i))));
  }
  uint64_t next = 0;
  for (auto _ : state) {
    const uint64_t i = next++ % entries.size();
    const absl::Status good = merkle::VerifyInclusion(
        LeafIndex(kBefore + i), extension.size(), merkle::HashLeaf(entries[i]),
        *merkle::ParseProof(proofs[i]), extension.root());
    if (!good.ok()) state.SkipWithError("a sound proof does not verify");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_VerifyProofs);

}  // namespace
}  // namespace cairn::entry
