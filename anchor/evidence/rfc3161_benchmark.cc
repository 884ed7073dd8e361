// Tokens, one after the other on one core: each anew, and one that was seen before.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "anchor/evidence/rfc3161.h"
#include "merkle/hash.h"
#include "tests/testing/time_stamp_authority.h"

namespace cairn::rfc3161 {
namespace {

struct Stamped {
  std::unique_ptr<Verifier> verifier;
  Receipt receipt;
  Hash digest = merkle::Sha256("a note");
};

const Stamped& Example() {
  static const Stamped* const stamped = [] {
    testing::TimeStampAuthority authority;
    auto* made = new Stamped();
    made->verifier = *Verifier::Create({.certificates_pem = authority.Pem("root")});
    made->receipt.response = authority.Reply(*MakeRequest(made->digest));
    made->receipt.crls = {authority.Crl()};
    return made;
  }();
  return *stamped;
}

// P-256: the token's signature and its certificate's.
void BM_Verify(benchmark::State& state) {
  const Stamped& stamped = Example();
  const Receipt receipt{.response = stamped.receipt.response};
  for (auto _ : state) {
    if (!stamped.verifier->Verify(receipt, stamped.digest).ok()) state.SkipWithError("false");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Verify);

// And that of a CRL.
void BM_VerifyWithCrl(benchmark::State& state) {
  const Stamped& stamped = Example();
  for (auto _ : state) {
    if (!stamped.verifier->Verify(stamped.receipt, stamped.digest).ok()) {
      state.SkipWithError("false");
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_VerifyWithCrl);

void BM_VerifyAgain(benchmark::State& state) {
  const Stamped& stamped = Example();
  const std::string receipt = *FormatReceipt(stamped.receipt);
  CachingVerifier caching(stamped.verifier.get());
  for (auto _ : state) {
    if (!caching.Verify(receipt, stamped.digest).ok()) state.SkipWithError("false");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_VerifyAgain);

}  // namespace
}  // namespace cairn::rfc3161
