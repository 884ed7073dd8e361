// What a signature costs. Verifier and Verify differ by the preparation of the key.

#include <benchmark/benchmark.h>

#include <string>

#include "merkle/signature/ed25519.h"

namespace cairn {
namespace {

const std::string& Message() {
  static const std::string message(200, 'm');
  return message;
}

void BM_Sign(benchmark::State& state) {
  const PrivateKey key = *PrivateKey::Generate();
  for (auto _ : state) benchmark::DoNotOptimize(key.Sign(Message()));
}
BENCHMARK(BM_Sign);

void BM_Verify(benchmark::State& state) {
  const PrivateKey key = *PrivateKey::Generate();
  const Signature signature = key.Sign(Message());
  for (auto _ : state) {
    if (!Verify(key.public_key(), Message(), signature).ok()) state.SkipWithError("refused");
  }
}
BENCHMARK(BM_Verify);

void BM_VerifierVerify(benchmark::State& state) {
  const PrivateKey key = *PrivateKey::Generate();
  const Signature signature = key.Sign(Message());
  const absl::StatusOr<Verifier> verifier = Verifier::Create(key.public_key());
  for (auto _ : state) {
    if (!verifier->Verify(Message(), signature).ok()) state.SkipWithError("refused");
  }
}
BENCHMARK(BM_VerifierVerify);

}  // namespace
}  // namespace cairn
