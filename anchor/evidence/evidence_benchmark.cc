// Whole evidence files, one after the other on one core: read, log signature, path, statement.

#include <benchmark/benchmark.h>

#include <string>

#include "anchor/evidence/evidence.h"
#include "anchor/evidence/testing/example.h"
#include "anchor/evidence/verify.h"

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

}  // namespace
}  // namespace cairn::evidence
