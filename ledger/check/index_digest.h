// Sums of index rows that do not depend on their order: two sets of rows with equal sums are equal.
//
// Shape: by the first 12 bits of the tag, a count and two keyed 64-bit sums, so that a difference
//   is narrowed down to some 4,096th of the index. The key is random and new in each process: rows
//   that are wrong by chance or by design do not cancel out, but for one chance in 2^100 or so.
// Cost: some nanoseconds a row; 96 KiB.
// Threads: one each; joined with Merge.

#ifndef CAIRN_LEDGER_CHECK_INDEX_DIGEST_H_
#define CAIRN_LEDGER_CHECK_INDEX_DIGEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/strings/string_view.h"
#include "ledger/store.h"

namespace cairn::ledger {

class IndexDigest {
 public:
  static constexpr size_t kBuckets = 4096;

  struct Key {
    std::array<uint64_t, 6> words{};
    static Key Random();
  };

  explicit IndexDigest(const Key& key) : key_(key), buckets_(kBuckets) {}

  static size_t BucketOf(const IndexTag& tag) { return size_t{tag[0]} << 4 | tag[1] >> 4; }

  void Add(const IndexRow& row) {
    uint64_t high, low;
    std::memcpy(&high, row.tag.data(), 8);
    std::memcpy(&low, row.tag.data() + 8, 8);
    const uint64_t index = row.index.value();
    Bucket& bucket = buckets_[BucketOf(row.tag)];
    ++bucket.count;
    bucket.first +=
        Fold((high + index * (key_.words[0] | 1)) ^ key_.words[1], low ^ key_.words[2] ^ index);
    bucket.second +=
        Fold((low + index * (key_.words[3] | 1)) ^ key_.words[4], high ^ key_.words[5] ^ index);
  }

  void Merge(const IndexDigest& other);

  uint64_t count() const;
  uint64_t count(size_t bucket) const { return buckets_[bucket].count; }

  // Buckets in which they differ.
  std::vector<size_t> Differences(const IndexDigest& other) const;

 private:
  struct Bucket {
    uint64_t count = 0;
    uint64_t first = 0;
    uint64_t second = 0;
    friend bool operator==(const Bucket&, const Bucket&) = default;
  };

  static uint64_t Fold(uint64_t a, uint64_t b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }

  Key key_;
  std::vector<Bucket> buckets_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_CHECK_INDEX_DIGEST_H_
