// Whatever a witness answers, nothing is a cosignature but a verified one, which nobody can guess.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "merkle/note/key.h"
#include "witness/cosign_client.h"

namespace cairn::witness {
namespace {

constexpr char kNote[] =
    "log.example/one\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— log.example/one "
    "AAAAAEFB\n";
constexpr char kWitness[] =
    "fuzz.example/witness+4d50da4b+BMhTrQ8M0rYZrqks7sT9VqJNZJnVhM55JX5Fz9gTm2Cn";

int Check(absl::string_view input) {
  if (input.empty()) return 0;
  const unsigned status = input[0] % 2 == 0 ? 200 : 409;
  const std::string body(input.substr(1));
  CosignClient client(
      *note::VerifierKey::Parse(kWitness),
      [&](const std::string&) { return WitnessAnswer{.status = status, .body = body}; },
      [] { return absl::StatusOr<note::Checkpoint>(absl::UnavailableError("shows nothing")); },
      [](TreeSize, TreeSize) { return absl::StatusOr<merkle::Proof>(merkle::Proof()); });
  if (client.Ask({.size = TreeSize(5), .note = kNote}).ok()) std::abort();
  return 0;
}

}  // namespace
}  // namespace cairn::witness

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::witness::Check({reinterpret_cast<const char*>(data), size});
}
