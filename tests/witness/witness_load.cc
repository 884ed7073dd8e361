// How many checkpoints a second a cairn-witness cosigns, each of another log, over real
// connections.
//
//   bazel run -c opt //tests/witness:witness_load -- DIR [LOGS = 40000] [CONNECTIONS = 64]
//
// DIR is to be empty and on the disk that is to be measured. Prints the rate, beside it what one
// core of this machine verifies and signs: a request costs a witness one of each.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "merkle/hash.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/note/key.h"
#include "tests/testing/cairnd.h"
#include "witness/add_checkpoint.h"
#include "witness/http/client.h"

namespace cairn::testing {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Of one core: an Ed25519 verification and a signature.
double PairsPerSecond() {
  const note::SignerKey key = *note::GenerateSignerKey("a");
  const PublicKey& public_key = key.verifier_key().public_key();
  int done = 0;
  const Clock::time_point begin = Clock::now();
  for (; SecondsSince(begin) < 1; ++done) {
    const std::string message = absl::StrCat(done);
    if (!Verify(public_key, message, key.Sign(message)).ok()) std::abort();
  }
  return done / SecondsSince(begin);
}

int Run(const std::filesystem::path& directory, size_t logs, int connections) {
  std::string policy;
  std::vector<std::string> bodies;
  for (size_t i = 0; i < logs; ++i) {
    std::vector<note::SignerKey> keys;
    keys.push_back(*note::GenerateSignerKey(absl::StrCat("log.example/", i)));
    const note::CheckpointSigner log = *note::CheckpointSigner::Create(std::move(keys));
    absl::StrAppend(&policy, "log ", log.verifier_keys()[0].Format(), "\n");
    bodies.push_back(witness::FormatAddCheckpoint(TreeSize(0), {},
                                                  *log.Sign({.origin = log.origin(),
                                                             .size = TreeSize(1),
                                                             .root = merkle::HashLeaf("x"),
                                                             .extensions = {}})));
  }
  WriteFile(directory / "policy", policy + "quorum none\n");
  WriteFile(
      directory / "key",
      note::GenerateSignerKey("witness.example/w", note::KeyType::kCosignature)->FormatSecret());
  Cairnd witness(
      {"--data_dir", (directory / "data").string(), "--key_file", (directory / "key").string(),
       "--policy", (directory / "policy").string(), "--http_address", "127.0.0.1:0"},
      "witness/server/cairn-witness");
  if (!witness.running()) return 1;
  const std::string url = absl::StrCat("http://", witness.address(), "/add-checkpoint");
  std::atomic<size_t> next = 0, wrong = 0;
  const Clock::time_point begin = Clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < connections; ++i) {
    threads.emplace_back([&] {
      const auto client = http::Client::Make({});
      for (size_t at = next++; at < bodies.size(); at = next++) {
        const auto answer = client->Post(url, bodies[at]);
        if (!answer.ok() || answer->status != 200) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double rate = static_cast<double>(logs) / SecondsSince(begin);
  std::printf("%zu logs over %d connections: %.0f cosigned/s, %zu refused\n", logs, connections,
              rate, wrong.load());
  std::printf("one core verifies and signs %.0f/s\n", PairsPerSecond());
  return wrong == 0 && witness.Stop() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace cairn::testing

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "witness_load DIR [LOGS] [CONNECTIONS]\n");
    return 2;
  }
  return cairn::testing::Run(argv[1], argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 40'000,
                             argc > 3 ? std::atoi(argv[3]) : 64);
}
