#include "merkle/naive_tree.h"

#include <string>

namespace cairn::merkle {
namespace {

// The largest power of two less than n; n > 1.
uint64_t SplitPoint(uint64_t n) {
  uint64_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

std::optional<std::pair<Hash, Hash>> Undo(uint64_t m, uint64_t n, bool known, const Hash& old_root,
                                          absl::Span<const Hash> path) {
  if (m == n) {
    if (path.size() != (known ? 0 : 1)) return std::nullopt;
    const Hash& hash = known ? old_root : path[0];
    return std::make_pair(hash, hash);
  }
  if (path.empty()) return std::nullopt;
  const Hash& last = path.back();
  path.remove_suffix(1);
  const uint64_t k = SplitPoint(n);
  if (m <= k) {
    auto roots = Undo(m, k, known, old_root, path);
    if (roots) roots->second = HashNode(roots->second, last);
    return roots;
  }
  auto roots = Undo(m - k, n - k, false, old_root, path);
  if (roots) *roots = {HashNode(last, roots->first), HashNode(last, roots->second)};
  return roots;
}

}  // namespace

NaiveTree::NaiveTree(uint64_t size) {
  for (uint64_t i = 0; i < size; ++i) {
    leaves_.push_back(HashLeaf(std::to_string(i)));
  }
}

Hash NaiveTree::Mth(uint64_t begin, uint64_t end) {
  if (begin == end) return Sha256("");
  if (end - begin == 1) return leaves_[begin];
  if (const auto it = cache_.find({begin, end}); it != cache_.end()) return it->second;
  const uint64_t k = SplitPoint(end - begin);
  const Hash hash = HashNode(Mth(begin, begin + k), Mth(begin + k, end));
  cache_[{begin, end}] = hash;
  return hash;
}

Proof NaiveTree::Path(uint64_t m, uint64_t begin, uint64_t end) {
  if (end - begin == 1) return {};
  const uint64_t k = SplitPoint(end - begin);
  Proof path;
  if (m < k) {
    path = Path(m, begin, begin + k);
    path.push_back(Mth(begin + k, end));
  } else {
    path = Path(m - k, begin + k, end);
    path.push_back(Mth(begin, begin + k));
  }
  return path;
}

Proof NaiveTree::Subproof(uint64_t m, uint64_t begin, uint64_t end, bool known) {
  const uint64_t n = end - begin;
  if (m == n) return known ? Proof{} : Proof{Mth(begin, end)};
  const uint64_t k = SplitPoint(n);
  Proof proof;
  if (m <= k) {
    proof = Subproof(m, begin, begin + k, known);
    proof.push_back(Mth(begin + k, end));
  } else {
    proof = Subproof(m - k, begin + k, end, false);
    proof.push_back(Mth(begin, begin + k));
  }
  return proof;
}

Proof NaiveTree::SubtreeConsistency(const Subtree& subtree, uint64_t n) {
  if (subtree.begin == subtree.end) return {};
  return SubtreeSubproof(subtree, {0, n}, true);
}

Proof NaiveTree::SubtreeSubproof(const Subtree& part, const Subtree& whole, bool known) {
  if (part == whole) return known ? Proof{} : Proof{Mth(whole.begin, whole.end)};
  const uint64_t middle = whole.begin + SplitPoint(whole.end - whole.begin);
  Proof proof;
  if (part.end <= middle) {
    proof = SubtreeSubproof(part, {whole.begin, middle}, known);
    proof.push_back(Mth(middle, whole.end));
  } else if (middle <= part.begin) {
    proof = SubtreeSubproof(part, {middle, whole.end}, known);
    proof.push_back(Mth(whole.begin, middle));
  } else {
    proof = SubtreeSubproof({middle, part.end}, {middle, whole.end}, false);
    proof.push_back(Mth(whole.begin, middle));
  }
  return proof;
}

std::optional<Hash> NaiveRootFromPath(uint64_t m, uint64_t n, const Hash& leaf,
                                      absl::Span<const Hash> path) {
  if (m >= n) return std::nullopt;
  if (n == 1) return path.empty() ? std::optional<Hash>(leaf) : std::nullopt;
  if (path.empty()) return std::nullopt;
  const Hash& last = path.back();
  path.remove_suffix(1);
  const uint64_t k = SplitPoint(n);
  const std::optional<Hash> below =
      m < k ? NaiveRootFromPath(m, k, leaf, path) : NaiveRootFromPath(m - k, n - k, leaf, path);
  if (!below) return std::nullopt;
  return m < k ? HashNode(*below, last) : HashNode(last, *below);
}

std::optional<std::pair<Hash, Hash>> NaiveRootsFromConsistency(uint64_t m, uint64_t n,
                                                               const Hash& old_root,
                                                               absl::Span<const Hash> path) {
  if (m == 0 || m > n) return std::nullopt;
  return Undo(m, n, true, old_root, path);
}

}  // namespace cairn::merkle
