#include "merkle/extension.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace cairn::merkle {

Extension::Extension(LeafIndex first, absl::Span<const Hash> leaf_hashes,
                     const std::array<Hash, kLevels>& compact)
    : first_(first), size_(first.value() + leaf_hashes.size()) {
  assert(size_.value() <= kMaxTreeSize);
  const auto levels = static_cast<uint32_t>(std::bit_width(size_.value()));
  size_t total = 0;
  for (uint32_t level = 0; level < levels; ++level) {
    starts_[level] = total;
    total += LevelEnd(level) - LevelBegin(level);
  }
  nodes_.resize(total);
  for (uint32_t level = 0; level < levels; ++level) {
    Hash* out = nodes_.data() + starts_[level];
    const uint64_t first_new = first_.value() >> level;
    if (first_new % 2 == 1) *out++ = compact[level];
    if (level == 0) {
      std::copy(leaf_hashes.begin(), leaf_hashes.end(), out);
      continue;
    }
    const Hash* child = nodes_.data() + starts_[level - 1];
    for (uint64_t index = first_new; index < LevelEnd(level); ++index, child += 2) {
      *out++ = HashNode(child[0], child[1]);
    }
  }
  ComputeBorder();
}

void Extension::ComputeBorder() {
  const auto levels = static_cast<uint32_t>(std::bit_width(size_.value()));
  root_ = EmptyRoot();
  bool begun = false;
  for (uint32_t level = 0; level < levels; ++level) {
    border_[level] = root_;
    if (LevelEnd(level) % 2 == 0) continue;
    const Hash& node = Node({level, LevelEnd(level) - 1});
    root_ = begun ? HashNode(node, root_) : node;
    begun = true;
  }
}

Proof Extension::InclusionProof(LeafIndex index) const {
  assert(index >= first_ && size_.contains(index));
  Proof proof;
  uint64_t at = index.value();
  uint64_t end = size_.value() - 1;
  proof.reserve(std::bit_width(end));
  for (uint32_t level = 0; end > 0; ++level, at >>= 1, end >>= 1) {
    const uint64_t sibling = at ^ 1;
    // A last node without a right sibling rises unchanged.
    if (sibling > end) continue;
    proof.push_back(sibling < LevelEnd(level) ? Node({level, sibling}) : border_[level]);
  }
  return proof;
}

}  // namespace cairn::merkle
