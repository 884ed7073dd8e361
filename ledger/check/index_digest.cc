#include "ledger/check/index_digest.h"

#include <cassert>
#include <random>

namespace cairn::ledger {

IndexDigest::Key IndexDigest::Key::Random() {
  std::random_device random;
  Key key;
  for (uint64_t& word : key.words) word = uint64_t{random()} << 32 | random();
  return key;
}

void IndexDigest::Merge(const IndexDigest& other) {
  assert(key_.words == other.key_.words);
  for (size_t i = 0; i < kBuckets; ++i) {
    buckets_[i].count += other.buckets_[i].count;
    buckets_[i].first += other.buckets_[i].first;
    buckets_[i].second += other.buckets_[i].second;
  }
}

uint64_t IndexDigest::count() const {
  uint64_t count = 0;
  for (const Bucket& bucket : buckets_) count += bucket.count;
  return count;
}

std::vector<size_t> IndexDigest::Differences(const IndexDigest& other) const {
  assert(key_.words == other.key_.words);
  std::vector<size_t> differing;
  for (size_t i = 0; i < kBuckets; ++i) {
    if (buckets_[i] != other.buckets_[i]) differing.push_back(i);
  }
  return differing;
}

}  // namespace cairn::ledger
