#include "merkle/proof.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"

namespace cairn::merkle {
namespace {

// The complete nodes that make up a valid subtree, left to right.
void AppendNodes(const Subtree& subtree, std::vector<NodeId>& ids) {
  uint64_t begin = subtree.begin;
  while (begin < subtree.end) {
    const auto level = static_cast<uint32_t>(std::bit_width(subtree.end - begin) - 1);
    ids.push_back({.level = level, .index = begin >> level});
    begin += uint64_t{1} << level;
  }
}

// The hashes of non-empty valid subtrees, all their nodes asked for at once.
absl::StatusOr<std::vector<Hash>> HashesOf(absl::Span<const Subtree> subtrees, NodeSource& source) {
  std::vector<NodeId> ids;
  std::vector<size_t> ends;
  for (const Subtree& subtree : subtrees) {
    AppendNodes(subtree, ids);
    ends.push_back(ids.size());
  }
  std::vector<Hash> nodes(ids.size());
  if (!ids.empty()) {
    if (absl::Status status = source.Nodes(ids, absl::MakeSpan(nodes)); !status.ok()) return status;
  }
  std::vector<Hash> hashes;
  hashes.reserve(subtrees.size());
  size_t begin = 0;
  for (const size_t end : ends) {
    // Each node is at least as large as all to its right together, so it is their left sibling.
    Hash hash = nodes[end - 1];
    for (size_t i = end - 1; i > begin; --i) hash = HashNode(nodes[i - 1], hash);
    hashes.push_back(hash);
    begin = end;
  }
  return hashes;
}

// The subtrees whose hashes prove `part`, non-empty and valid, against `whole`, which contains it:
// the walk from the root of `whole` down to `part`, in the order of the proof.
std::vector<Subtree> ProofSubtrees(const Subtree& part, const Subtree& whole) {
  std::vector<Subtree> path;
  Subtree rest = part;
  Subtree at = whole;
  bool cut = false;
  while (rest != at) {
    const uint64_t middle = at.begin + std::bit_floor(at.end - at.begin - 1);
    if (rest.end <= middle) {
      path.push_back({middle, at.end});
      at.end = middle;
    } else {
      path.push_back({at.begin, middle});
      // Here either the part lies wholly right of the middle, or it begins where this node does and
      // ends right of the middle: then its left is done, and what remains is no root the verifier
      // knows.
      cut = cut || rest.begin < middle;
      at.begin = middle;
      rest.begin = std::max(rest.begin, middle);
    }
  }
  if (cut) path.push_back(at);
  std::reverse(path.begin(), path.end());
  return path;
}

absl::Status CheckSize(TreeSize size) {
  if (size.value() <= kMaxTreeSize) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("tree size ", size.value(), " is above 2^63-1"));
}

absl::Status CheckValid(const Subtree& subtree) {
  if (IsValid(subtree)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("[", subtree.begin, ", ", subtree.end, ") is not a valid subtree"));
}

}  // namespace

absl::StatusOr<Hash> Root(TreeSize size, NodeSource& source) {
  if (absl::Status status = CheckSize(size); !status.ok()) return status;
  return SubtreeHash({0, size.value()}, source);
}

absl::StatusOr<Proof> InclusionProof(LeafIndex index, TreeSize size, NodeSource& source) {
  if (absl::Status status = CheckSize(size); !status.ok()) return status;
  return SubtreeInclusionProof(index, {0, size.value()}, source);
}

absl::StatusOr<Proof> ConsistencyProof(TreeSize old_size, TreeSize new_size, NodeSource& source) {
  if (absl::Status status = CheckSize(new_size); !status.ok()) return status;
  if (old_size.value() == 0) {
    return absl::InvalidArgumentError("nothing proves consistency with the empty tree: old size 0");
  }
  if (old_size > new_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("old size ", old_size.value(), " is larger than new size ", new_size.value()));
  }
  return SubtreeConsistencyProof({0, old_size.value()}, new_size, source);
}

absl::StatusOr<Proof> ConsistencyPath(TreeSize old_size, TreeSize new_size, NodeSource& source) {
  if (absl::Status status = CheckSize(new_size); !status.ok()) return status;
  if (old_size.value() == 0 || old_size >= new_size) {
    return absl::InvalidArgumentError(absl::StrCat("no path leads from a tree of size ",
                                                   old_size.value(), " to one of size ",
                                                   new_size.value()));
  }
  const Subtree old_tree{0, old_size.value()};
  std::vector<Subtree> path = ProofSubtrees(old_tree, {0, new_size.value()});
  if (std::has_single_bit(old_size.value())) path.insert(path.begin(), old_tree);
  return HashesOf(path, source);
}

absl::StatusOr<Hash> SubtreeHash(const Subtree& subtree, NodeSource& source) {
  if (absl::Status status = CheckValid(subtree); !status.ok()) return status;
  if (subtree.begin == subtree.end) return EmptyRoot();
  absl::StatusOr<std::vector<Hash>> hashes = HashesOf({subtree}, source);
  if (!hashes.ok()) return hashes.status();
  return hashes->front();
}

absl::StatusOr<Proof> SubtreeInclusionProof(LeafIndex index, const Subtree& subtree,
                                            NodeSource& source) {
  if (absl::Status status = CheckValid(subtree); !status.ok()) return status;
  if (index.value() < subtree.begin || index.value() >= subtree.end) {
    return absl::OutOfRangeError(absl::StrCat("leaf index ", index.value(), " is not in [",
                                              subtree.begin, ", ", subtree.end, ")"));
  }
  return HashesOf(ProofSubtrees({index.value(), index.value() + 1}, subtree), source);
}

absl::StatusOr<Proof> SubtreeConsistencyProof(const Subtree& subtree, TreeSize size,
                                              NodeSource& source) {
  if (absl::Status status = CheckSize(size); !status.ok()) return status;
  if (absl::Status status = CheckValid(subtree); !status.ok()) return status;
  if (subtree.end > size.value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("subtree end ", subtree.end, " is beyond tree size ", size.value()));
  }
  if (subtree.begin == subtree.end) return Proof();
  return HashesOf(ProofSubtrees(subtree, {0, size.value()}), source);
}

}  // namespace cairn::merkle
