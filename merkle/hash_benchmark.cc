// Our node hash against OpenSSL's fastest way to compute the same SHA-256 of 65 bytes, its
// deprecated low-level calls. Alternates the two in one run, since machines drift, and prints the
// median ratio.

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

#include "merkle/hash.h"

namespace cairn::merkle {
namespace {

// Short rounds, so that on a busy machine some are left undisturbed.
constexpr int kRounds = 10001;
constexpr int kHashesPerRound = 300;

Hash LowLevelNode(const Hash& left, const Hash& right) {
  uint8_t message[65];
  message[0] = 1;
  std::memcpy(message + 1, left.bytes.data(), Hash::kSize);
  std::memcpy(message + 33, right.bytes.data(), Hash::kSize);
  Hash hash;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, message, sizeof(message));
  SHA256_Final(hash.bytes.data(), &context);
  return hash;
}

// Nanoseconds a hash; each depends on the one before. Leaves the last in `chain`.
template <typename F>
double Time(F hash_node, Hash& chain) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kHashesPerRound; ++i) chain = hash_node(chain, chain);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  return took.count() / kHashesPerRound;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

int Run() {
  Hash ours_chain;
  Hash low_chain;
  std::vector<double> ours;
  std::vector<double> low;
  std::vector<double> ratios;
  for (int round = 0; round < kRounds; ++round) {
    ours.push_back(Time(HashNode, ours_chain));
    low.push_back(Time(LowLevelNode, low_chain));
    ratios.push_back(ours.back() / low.back());
  }
  if (ours_chain != low_chain) {
    std::fprintf(stderr, "the two ways disagree\n");
    return 1;
  }
  const double ours_best = *std::min_element(ours.begin(), ours.end());
  const double low_best = *std::min_element(low.begin(), low.end());
  std::printf("HashNode: fastest %.1f ns, median %.1f ns\n", ours_best, Median(ours));
  std::printf("low-level SHA-256 of 65 bytes: fastest %.1f ns, median %.1f ns\n", low_best,
              Median(low));
  std::printf("ratio: fastest %.2f, median %.2f\n", ours_best / low_best, Median(ratios));
  return 0;
}

}  // namespace
}  // namespace cairn::merkle

int main() { return cairn::merkle::Run(); }
