#include "witness/repeats.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/types/span.h"

namespace cairn::witness {
namespace {

// New numbers looked for in one pass.
constexpr uint64_t kPassSize = uint64_t{8} << 20;
constexpr uint64_t kReadSize = uint64_t{64} << 10;

// Calls `take(index, number)` for all in [begin, end).
template <typename Take>
absl::Status ForEach(AuditStore& store, uint64_t begin, uint64_t end, const Take& take) {
  std::vector<uint64_t> numbers;
  for (uint64_t at = begin; at < end; at += numbers.size()) {
    numbers.resize(std::min(kReadSize, end - at));
    const absl::Status got = store.GetFingerprints(LeafIndex(at), absl::MakeSpan(numbers));
    if (!got.ok()) return got;
    for (size_t i = 0; i < numbers.size(); ++i) take(at + i, numbers[i]);
  }
  return absl::OkStatus();
}

// The numbers of one pass: a filter that most others fail, then a sorted list.
class Sought {
 public:
  void Add(uint64_t number) {
    numbers_.push_back(number);
    filter_[number % kBits] = true;
  }
  void Sort() { std::sort(numbers_.begin(), numbers_.end()); }
  // Require Sort().
  bool Has(uint64_t number) const {
    return filter_[number % kBits] && std::binary_search(numbers_.begin(), numbers_.end(), number);
  }
  void AddTwins(std::set<uint64_t>& out) const {
    for (size_t i = 1; i < numbers_.size(); ++i) {
      if (numbers_[i] == numbers_[i - 1]) out.insert(numbers_[i]);
    }
  }

 private:
  static constexpr uint64_t kBits = uint64_t{1} << 26;

  std::vector<bool> filter_ = std::vector<bool>(kBits);
  std::vector<uint64_t> numbers_;
};

// The numbers of [begin, end) that stand more than once below `end`.
absl::StatusOr<std::set<uint64_t>> RepeatedNumbers(AuditStore& store, uint64_t begin,
                                                   uint64_t end) {
  Sought sought;
  absl::Status read = ForEach(store, begin, end, [&](uint64_t, uint64_t number) {
    if (number != 0) sought.Add(number);
  });
  if (!read.ok()) return read;
  sought.Sort();
  std::set<uint64_t> repeated;
  sought.AddTwins(repeated);
  read = ForEach(store, 0, begin, [&](uint64_t, uint64_t number) {
    if (number != 0 && sought.Has(number)) repeated.insert(number);
  });
  if (!read.ok()) return read;
  return repeated;
}

}  // namespace

absl::StatusOr<std::vector<Repeated>> FindRepeats(AuditStore& store, LeafIndex from, LeafIndex end,
                                                  size_t max) {
  absl::flat_hash_map<uint64_t, Repeated> places;
  for (uint64_t begin = from.value(); begin < end.value() && places.size() < max;
       begin += kPassSize) {
    const absl::StatusOr<std::set<uint64_t>> repeated =
        RepeatedNumbers(store, begin, std::min(begin + kPassSize, end.value()));
    if (!repeated.ok()) return repeated.status();
    for (const uint64_t number : *repeated) {
      if (places.size() < max) places[number];
    }
  }
  if (places.empty()) return std::vector<Repeated>();
  const absl::Status read = ForEach(store, 0, end.value(), [&](uint64_t index, uint64_t number) {
    const auto at = places.find(number);
    if (at != places.end()) at->second.push_back(LeafIndex(index));
  });
  if (!read.ok()) return read;
  std::vector<Repeated> repeats;
  repeats.reserve(places.size());
  for (auto& [number, indexes] : places) repeats.push_back(std::move(indexes));
  std::sort(repeats.begin(), repeats.end());
  return repeats;
}

}  // namespace cairn::witness
