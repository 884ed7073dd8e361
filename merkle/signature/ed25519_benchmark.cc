// What a signature costs.

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
  const PrivateKey key = PrivateKey::Generate();
  for (auto _ : state) benchmark::DoNotOptimize(key.Sign(Message()));
}
BENCHMARK(BM_Sign);

void BM_Verify(benchmark::State& state) {
  const PrivateKey key = PrivateKey::Generate();
  const Signature signature = key.Sign(Message());
  for (auto _ : state) {
    if (!Verify(key.public_key(), Message(), signature).ok()) state.SkipWithError("refused");
  }
}
BENCHMARK(BM_Verify);

}  // namespace
}  // namespace cairn
