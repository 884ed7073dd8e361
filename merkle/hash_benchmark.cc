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

constexpr int kRounds = 201;
constexpr int kHashesPerRound = 20000;

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
  std::printf("HashNode %.1f ns, low-level SHA-256 of 65 bytes %.1f ns, median ratio %.2f\n",
              Median(ours), Median(low), Median(ratios));
  return 0;
}

}  // namespace
}  // namespace cairn::merkle

int main() { return cairn::merkle::Run(); }
