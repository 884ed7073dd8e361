// Whole evidence files, one after the other on one core: read, log signature, path, statement.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "anchor/evidence/anchors.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/note_verifier.h"
#include "anchor/evidence/rfc3161.h"
#include "anchor/evidence/rfc3161_receipt.h"
#include "anchor/evidence/testing/example.h"
#include "anchor/evidence/verify.h"
#include "merkle/hash.h"
#include "tests/testing/time_stamp_authority.h"

namespace cairn::evidence {
namespace {

void Run(benchmark::State& state, testing::Leaf leaf) {
  const std::string bytes = *Format(testing::MakeEvidence(leaf));
  VerifyOptions options;
  options.log_key = testing::LogKey().verifier_key();
  for (auto _ : state) {
    if (!Verify(*Parse(bytes), options)->verified()) state.SkipWithError("not verified");
  }
  state.SetItemsProcessed(state.iterations());
}

// The log's signature alone.
void BM_VerifyUnsigned(benchmark::State& state) { Run(state, testing::kUnsigned); }
BENCHMARK(BM_VerifyUnsigned);

// No signature.
void BM_Parse(benchmark::State& state) {
  const std::string bytes = *Format(testing::MakeEvidence(testing::kSigned));
  for (auto _ : state) benchmark::DoNotOptimize(Parse(bytes));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Parse);

// And the statement's.
void BM_VerifySigned(benchmark::State& state) { Run(state, testing::kSigned); }
BENCHMARK(BM_VerifySigned);

// A file with all that there can be: the statement's signature, 26 hashes, the log's signature,
// three cosignatures, and a token (P-256, of an authority under its root).
std::string MakeFull(cairn::testing::TimeStampAuthority& authority, uint64_t cosigned_at_s) {
  Evidence evidence = testing::MakeFullEvidence(cosigned_at_s);
  const Hash digest = merkle::Sha256(evidence.proof.checkpoint);
  evidence.receipts = {
      {"tsa", kRfc3161Kind,
       *rfc3161::FormatReceipt({.response = authority.Reply(*rfc3161::MakeRequest(digest))})}};
  return *Format(evidence);
}

// Files of two rounds in turn, by a verifier that remembers the notes and tokens of so many.
void RunFull(benchmark::State& state, size_t remembered) {
  cairn::testing::TimeStampAuthority authority;
  const std::string files[] = {MakeFull(authority, 1'770'000'001),
                               MakeFull(authority, 1'770'000'002)};
  const std::unique_ptr<rfc3161::Verifier> roots =
      *rfc3161::Verifier::Create({.certificates_pem = authority.Pem("root")});
  NoteVerifier notes(remembered);
  rfc3161::CachingVerifier time_stamps(roots.get(), remembered);
  VerifyOptions options;
  options.log_key = testing::LogKey().verifier_key();
  options.policy = testing::FullPolicy();
  options.certifier_keys = {
      {testing::kCertifier, {{.key = testing::CertifierKey().verifier_key().public_key()}}}};
  options.require.verified = 1;
  options.notes = &notes;
  options.anchors.authorities = {{"tsa", &time_stamps}};
  size_t next = 0;
  for (auto _ : state) {
    if (!Verify(*Parse(files[next++ % 2]), options)->verified()) {
      state.SkipWithError("not verified");
    }
  }
  state.SetItemsProcessed(state.iterations());
}

// Note and token were verified before, as those of nearly all files of a directory.
void BM_VerifyFullRepeated(benchmark::State& state) { RunFull(state, 1024); }
BENCHMARK(BM_VerifyFullRepeated);

// They never were: each file is of a round of its own.
void BM_VerifyFullFresh(benchmark::State& state) { RunFull(state, 1); }
BENCHMARK(BM_VerifyFullFresh);

}  // namespace
}  // namespace cairn::evidence
