#include "ledger/reader.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/stored_tree.h"
#include "merkle/entry/entry.h"
#include "merkle/verify.h"

namespace cairn::ledger {
namespace {

// Entries read from the store at a time.
constexpr uint64_t kReadChunk = merkle::kTileWidth;

// Entries that one look-up reads: others may have stated much on the same hash.
constexpr size_t kMaxCandidates = 256;

absl::Status Damaged(absl::string_view what, const absl::Status& why) {
  return absl::DataLossError(
      absl::StrCat(what, " made from stored tiles does not verify: ", why.message()));
}

// The root at a size of 1 up to the view's, tied to the root that the view's checkpoint signs.
absl::StatusOr<Hash> CheckedRoot(const View& view, TreeSize size, StoredTree& tree) {
  if (size == view.size()) return view.state.root;
  absl::StatusOr<Hash> root = merkle::Root(size, tree);
  if (!root.ok()) return root;
  const absl::StatusOr<merkle::Proof> proof = merkle::ConsistencyProof(size, view.size(), tree);
  if (!proof.ok()) return proof.status();
  const absl::Status verified =
      merkle::VerifyConsistency(size, view.size(), *root, view.state.root, *proof);
  if (!verified.ok()) return Damaged(absl::StrCat("the root at size ", size.value()), verified);
  return root;
}

bool IsRecent(const View& view, LeafIndex index) {
  return view.recent != nullptr && index >= view.recent->first;
}

// Requires: IsRecent.
const std::string& RecentEntry(const View& view, LeafIndex index) {
  return view.recent->entries[index.value() - view.recent->first.value()];
}

absl::StatusOr<std::string> UncheckedEntry(Store* store, const View& view, LeafIndex index) {
  if (IsRecent(view, index)) return RecentEntry(view, index);
  absl::StatusOr<std::vector<std::string>> entries =
      ReadEntriesOfTree(store, index, LeafIndex(index.value() + 1));
  if (!entries.ok()) return entries.status();
  return std::move(entries->front());
}

absl::StatusOr<bool> IsStatement(const ProvenEntry& proven, const Hash& certificate_hash,
                                 const std::optional<std::string>& certifier) {
  const absl::StatusOr<entry::Entry> decoded = entry::Decode(proven.entry);
  const auto* body = decoded.ok() ? std::get_if<entry::SignedStatement>(&decoded->body) : nullptr;
  if (body == nullptr) {
    return absl::DataLossError(
        absl::StrCat("entry ", proven.index.value(), " is indexed as a statement and is none"));
  }
  return body->statement.certificate_hash == certificate_hash &&
         (!certifier.has_value() || body->statement.certifier == *certifier);
}

}  // namespace

absl::StatusOr<ProvenEntry> Reader::Prove(const View& view, LeafIndex index, TreeSize size) const {
  if (size > view.size() || !size.contains(index)) {
    return absl::OutOfRangeError(absl::StrCat(
        "no proof of index ", index.value(), " at size ", size.value(),
        ": the index must be below the size, and the tree has ", view.size().value(), " entries"));
  }
  if (size == view.size() && IsRecent(view, index)) {
    return ProvenEntry{.index = index,
                       .entry = RecentEntry(view, index),
                       .proof = view.recent->extension.InclusionProof(index)};
  }
  absl::StatusOr<std::string> entry = UncheckedEntry(store_, view, index);
  if (!entry.ok()) return entry.status();
  StoredTree tree(view.edge, store_);
  absl::StatusOr<merkle::Proof> proof = merkle::InclusionProof(index, size, tree);
  if (!proof.ok()) return proof.status();
  const absl::StatusOr<Hash> root = CheckedRoot(view, size, tree);
  if (!root.ok()) return root.status();
  // Of the entry itself, not of the leaf hash in its tile: this checks both.
  const absl::Status verified =
      merkle::VerifyInclusion(index, size, merkle::HashLeaf(*entry), *proof, *root);
  if (!verified.ok()) {
    return Damaged(absl::StrCat("a proof of entry ", index.value(), " as stored,"), verified);
  }
  return ProvenEntry{.index = index, .entry = *std::move(entry), .proof = *std::move(proof)};
}

absl::StatusOr<merkle::Proof> Reader::ConsistencyProof(const View& view, TreeSize old_size,
                                                       TreeSize new_size) const {
  if (old_size.value() == 0 || old_size > new_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("no consistency proof from size ", old_size.value(), " to ", new_size.value(),
                     ": the old size must be at least 1 and at most the new size"));
  }
  if (new_size > view.size()) {
    return absl::OutOfRangeError(absl::StrCat("size ", new_size.value(), " is beyond the tree of ",
                                              view.size().value(), " entries"));
  }
  StoredTree tree(view.edge, store_);
  absl::StatusOr<merkle::Proof> proof = merkle::ConsistencyProof(old_size, new_size, tree);
  if (!proof.ok()) return proof;
  const absl::StatusOr<Hash> new_root = CheckedRoot(view, new_size, tree);
  if (!new_root.ok()) return new_root.status();
  const absl::StatusOr<Hash> old_root =
      old_size == new_size ? new_root : merkle::Root(old_size, tree);
  if (!old_root.ok()) return old_root.status();
  const absl::Status verified =
      merkle::VerifyConsistency(old_size, new_size, *old_root, *new_root, *proof);
  if (!verified.ok()) return Damaged("a consistency proof", verified);
  return proof;
}

absl::StatusOr<std::vector<std::string>> Reader::ReadEntries(const View& view, LeafIndex begin,
                                                             LeafIndex end,
                                                             size_t max_bytes) const {
  if (begin > end) {
    return absl::InvalidArgumentError(absl::StrCat("entries [", begin.value(), ", ", end.value(),
                                                   "): the begin is above the end"));
  }
  if (end.value() > view.size().value()) {
    return absl::OutOfRangeError(absl::StrCat("entries [", begin.value(), ", ", end.value(),
                                              "): the tree has ", view.size().value(), " entries"));
  }
  std::vector<std::string> entries;
  size_t bytes = 0;
  for (uint64_t next = begin.value(); next < end.value();) {
    const uint64_t chunk_end = std::min(end.value(), next + kReadChunk);
    absl::StatusOr<std::vector<std::string>> chunk;
    if (IsRecent(view, LeafIndex(next))) {
      const auto from = view.recent->entries.begin() + (next - view.recent->first.value());
      chunk = std::vector<std::string>(from, from + (chunk_end - next));
    } else {
      chunk = ReadCheckedEntries(store_, view.edge, LeafIndex(next), LeafIndex(chunk_end));
    }
    if (!chunk.ok()) return chunk.status();
    for (std::string& entry : *chunk) {
      bytes += entry.size();
      if (bytes > max_bytes && !entries.empty()) return entries;
      entries.push_back(std::move(entry));
    }
    next = chunk_end;
  }
  return entries;
}

absl::StatusOr<std::vector<Hash>> Reader::ReadTile(const View& view,
                                                   const merkle::TileSlice& tile) const {
  if (tile.width == 0 || tile.width > merkle::TileWidthAt(tile.id, view.size())) {
    return absl::OutOfRangeError(absl::StrCat("tile ", tile.id.index, " of level ", tile.id.level,
                                              " has no ", tile.width, " hashes in the tree of ",
                                              view.size().value(), " entries"));
  }
  if (tile.id.index >= merkle::FullTileCount(tile.id.level, view.size())) {
    const absl::Span<const Hash> partial = view.edge.PartialTile(tile.id.level);
    return std::vector<Hash>(partial.begin(), partial.begin() + tile.width);
  }
  absl::StatusOr<std::vector<Hash>> full = store_->ReadTile(tile.id);
  if (full.ok()) full->resize(tile.width);
  return full;
}

absl::StatusOr<FoundStatements> Reader::Find(const View& view, const Hash& certificate_hash,
                                             const std::optional<std::string>& certifier,
                                             TreeSize size, LeafIndex from, size_t limit) const {
  const IndexTag tag = index_->TagOf(certificate_hash);
  std::vector<LeafIndex> candidates;
  absl::Status searched = index_->Find({&tag, 1}, {&candidates, 1});
  if (!searched.ok()) return searched;
  FoundStatements found;
  size_t looked_at = 0;
  for (auto at = std::lower_bound(candidates.begin(), candidates.end(), from);
       at != candidates.end() && size.contains(*at); ++at) {
    if (found.entries.size() >= limit || looked_at++ == kMaxCandidates) {
      found.next = *at;
      break;
    }
    absl::StatusOr<ProvenEntry> proven = Prove(view, *at, size);
    if (!proven.ok()) return proven.status();
    const absl::StatusOr<bool> is = IsStatement(*proven, certificate_hash, certifier);
    if (!is.ok()) return is.status();
    if (*is) found.entries.push_back(*std::move(proven));
  }
  return found;
}

}  // namespace cairn::ledger
