#include "tests/durability/promises.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "merkle/edge.h"

namespace cairn::ledger {

absl::Status Promises::Take(absl::Span<const uint64_t> seeds, const AppendResult& result) {
  if (absl::Status taken = TakeSigned(result.view->state); !taken.ok()) return taken;
  for (size_t i = 0; i < result.items.size(); ++i) {
    const ItemResult& item = result.items[i];
    if (!item.status.ok()) return item.status;
    const uint64_t index = item.index.value();
    duplicates_ += item.duplicate;
    if (seed_at_.try_emplace(index, seeds[i]).first->second != seeds[i]) {
      return absl::DataLossError(absl::StrCat("index ", index, " was given twice"));
    }
    if (const uint64_t first = index_of_.try_emplace(seeds[i], index).first->second;
        first != index) {
      return absl::DataLossError(
          absl::StrCat("the statement at ", first, " was not found again, but given ", index));
    }
    std::string& entry = acknowledged_[index];
    const RecentCommit* recent = result.view->recent.get();
    if (!item.duplicate && recent != nullptr && recent->first <= item.index) {
      entry = recent->entries[index - recent->first.value()];
    }
  }
  return absl::OkStatus();
}

absl::Status Promises::TakeSigned(const TreeState& state) {
  const Hash& root = roots_.try_emplace(state.size.value(), state.root).first->second;
  if (root == state.root) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("two roots were signed at size ", state.size.value()));
}

absl::Status Promises::Check(Log& log) {
  const auto view = log.Newest();
  const uint64_t size = view->size().value();
  if (absl::Status taken = TakeSigned(view->state); !taken.ok()) return taken;
  const uint64_t promised = std::max(roots_.rbegin()->first,
                                     acknowledged_.empty() ? 0 : acknowledged_.rbegin()->first + 1);
  if (size < promised) {
    return absl::DataLossError(absl::StrCat("the tree has ", size, " entries of ", promised));
  }
  merkle::Edge tree;
  auto known = acknowledged_.begin();
  auto root = roots_.begin();
  while (true) {
    for (; root != roots_.end() && root->first == tree.size().value(); ++root) {
      if (root->second == tree.root()) continue;
      return absl::DataLossError(absl::StrCat("size ", root->first, " has another root now"));
    }
    const uint64_t next = tree.size().value();
    if (next == size) return absl::OkStatus();
    // Read up to the next tree that was signed.
    const auto entries =
        log.ReadEntries(*view, LeafIndex(next), LeafIndex(root->first), size_t{1} << 20);
    if (!entries.ok()) return entries.status();
    std::vector<Hash> leaves;
    for (uint64_t i = 0; i < entries->size(); ++i) {
      leaves.push_back(merkle::HashLeaf((*entries)[i]));
      if (known == acknowledged_.end() || known->first != next + i) continue;
      if (!known->second.empty() && known->second != (*entries)[i]) {
        return absl::DataLossError(absl::StrCat("entry ", next + i, " has other bytes"));
      }
      ++known;
    }
    tree.Append(leaves);
  }
}

std::optional<uint64_t> Promises::RandomSeed(std::mt19937_64& random) const {
  if (index_of_.empty()) return std::nullopt;
  // Seeds rise without large gaps.
  const auto found = index_of_.lower_bound(random() % (index_of_.rbegin()->first + 1));
  return found->first;
}

}  // namespace cairn::ledger
