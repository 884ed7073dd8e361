#include "ledger/check/chunk.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <memory>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "ledger/index_tag.h"
#include "merkle/entry/statement_view.h"

namespace cairn::ledger {
namespace {

using merkle::kInnerCount;
using merkle::kTileWidth;

std::string TileName(merkle::TileId id) {
  return absl::StrCat("tile ", id.index, " of level ", id.level);
}

class Checker {
 public:
  Checker(const ChunkPlan& plan, uint64_t chunk, IndexDigest& digest)
      : plan_(plan),
        chunk_(chunk),
        digest_(digest),
        begin_(chunk * kChunkEntries),
        end_(std::min(begin_ + kChunkEntries, plan.size.value())),
        next_(begin_),
        salt_(plan.source->identity().index_salt),
        tiles_(plan.source->Tiles({0, begin_ / kTileWidth}, merkle::TileId{0, end_ / kTileWidth})) {
    roots_.reserve(kTileWidth);
  }

  absl::StatusOr<CheckedChunk> Run() {
    absl::Status read = ReadRuns();
    if (read.ok()) read = CheckUpperTile();
    if (absl::IsDataLoss(read)) {
      plan_.findings->Add(Part::kEntries, LeafIndex(next_), std::string(read.message()));
      read = absl::OkStatus();
      out_.whole = false;
    }
    if (!read.ok()) return read;
    return std::move(out_);
  }

 private:
  // kDataLoss: the entries do not go on.
  absl::Status ReadRuns() {
    const auto runs = plan_.source->Runs(LeafIndex(begin_), LeafIndex(end_));
    while (next_ < end_) {
      const absl::StatusOr<std::optional<StoredRun>> run = runs->Next();
      if (!run.ok()) return run.status();
      if (absl::Status placed = CheckPlace(*run); !placed.ok()) return placed;
      if (absl::Status taken = TakeRun(**run); !taken.ok()) return taken;
    }
    out_.whole = true;
    return absl::OkStatus();
  }

  absl::Status CheckPlace(const std::optional<StoredRun>& run) const {
    if (run.has_value() && run->first.value() == next_) return absl::OkStatus();
    if (!run.has_value()) {
      return absl::DataLossError(absl::StrCat("the run that begins at entry ", next_,
                                              " is missing, and all to entry ", end_ - 1));
    }
    if (run->first.value() < next_) {
      return absl::DataLossError(absl::StrCat("the run at ", run->first.value(),
                                              " begins within the one before it, which ends at ",
                                              next_));
    }
    return absl::DataLossError(absl::StrCat("the run that begins at entry ", next_,
                                            " is missing; the next one begins at ",
                                            run->first.value()));
  }

  absl::Status TakeRun(const StoredRun& run) {
    // A run that is longer than it may be is not followed further than its bundle.
    const uint64_t limit = std::min(end_, (next_ / kTileWidth + 1) * kTileWidth);
    absl::Status status;
    const bool parsed = ForEachEntry(run, [&](LeafIndex, absl::string_view encoded) {
      if (status.ok() && next_ == limit) {
        status = absl::DataLossError(absl::StrCat(
            "the run at ", run.first.value(), " reaches beyond ",
            limit == plan_.size.value() ? "the tree's end, " : "its bundle's end, ", limit));
      }
      if (!status.ok()) return;
      TakeEntry(encoded);
      if (next_ % kTileWidth == 0) status = CompleteTile();
      if (std::binary_search(plan_.stops.begin(), plan_.stops.end(), TreeSize(next_))) KeepBorder();
    });
    if (!status.ok()) return status;
    if (parsed) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("the run at ", run.first.value(),
                                            " is malformed: it ends within entry ", next_));
  }

  void TakeEntry(absl::string_view encoded) {
    const LeafIndex index(next_++);
    leaves_[index.value() % kTileWidth] = merkle::HashLeaf(encoded);
    if (const std::optional<entry::StatementView> view = entry::ViewStatement(encoded)) {
      TakeTime(index, view->accepted_at_ms);
      if (view->supersedes.has_value() && *view->supersedes >= index) {
        Complain(index, absl::StrCat("supersedes entry ", view->supersedes->value(),
                                     ", which is not before it"));
      }
      if (plan_.watermark.has_value() && index < *plan_.watermark) {
        digest_.Add({MakeIndexTag(salt_, view->certificate_hash), index});
      }
      return;
    }
    absl::StatusOr<entry::Entry> decoded = entry::Decode(encoded);
    if (!decoded.ok()) {
      Complain(index, absl::StrCat("is not an entry: ", decoded.status().message()));
      return;
    }
    TakeTime(index, decoded->accepted_at_ms);
    if (auto* change = std::get_if<entry::CertifierEntry>(&decoded->body)) {
      out_.certifiers.emplace_back(index, std::move(*change));
    } else if (const auto* unknown = std::get_if<entry::UnknownEntry>(&decoded->body)) {
      ++out_.unknown_kinds[unknown->kind];
    }
  }

  void TakeTime(LeafIndex index, uint64_t accepted_at_ms) {
    if (index.value() == begin_) {
      out_.first_ms = accepted_at_ms;
    } else if (accepted_at_ms < out_.last_ms) {
      Complain(index, absl::StrCat("was accepted at ", accepted_at_ms,
                                   " ms by its own word, before an entry in front of it (",
                                   out_.last_ms, " ms)"));
    }
    out_.last_ms = std::max(out_.last_ms, accepted_at_ms);
  }

  // The 256 leaves up to next_.
  absl::Status CompleteTile() {
    const merkle::TileId id{0, next_ / kTileWidth - 1};
    // Beyond a tile that is missing the cursor waits.
    if (!tiles_end_ && (!stored_.has_value() || stored_->id < id)) {
      absl::StatusOr<std::optional<StoredTile>> stored = tiles_->Next();
      if (absl::IsDataLoss(stored.status())) {
        // The bytes of this tile or those after it: where a cursor fails, it is at its end.
        plan_.findings->Add(Part::kTiles, LeafIndex(id.index * kTileWidth),
                            absl::StrCat(TileName(id), ": ", stored.status().message()));
        tiles_end_ = tiles_broken_ = true;
      } else if (!stored.ok()) {
        return stored.status();
      } else {
        stored_ = *stored;
        tiles_end_ = !stored_.has_value();
      }
    }
    const bool there = stored_.has_value() && stored_->id == id;
    roots_.push_back(tiles_broken_
                         ? merkle::SubtreeRoot(leaves_)
                         : CheckTile(id, leaves_, there ? stored_ : std::nullopt, *plan_.findings));
    plan_.progress->entries += kTileWidth;
    return absl::OkStatus();
  }

  // The tile over the chunk's own, where the chunk is full.
  absl::Status CheckUpperTile() {
    plan_.progress->entries += next_ % kTileWidth;
    if (roots_.size() != kTileWidth) return absl::OkStatus();
    const merkle::TileId id{1, chunk_};
    const auto tiles = plan_.source->Tiles(id, merkle::TileId{1, chunk_ + 1});
    const absl::StatusOr<std::optional<StoredTile>> stored = tiles->Next();
    if (absl::IsDataLoss(stored.status())) {
      plan_.findings->Add(Part::kUpperTiles, LeafIndex(begin_),
                          absl::StrCat(TileName(id), ": ", stored.status().message()));
      out_.root = merkle::SubtreeRoot(roots_);
      return absl::OkStatus();
    }
    if (!stored.ok()) return stored.status();
    out_.root = CheckTile(id, roots_, *stored, *plan_.findings);
    return absl::OkStatus();
  }

  void KeepBorder() {
    out_.borders[TreeSize(next_)] = {
        .tiles = roots_, .leaves = {leaves_.begin(), leaves_.begin() + next_ % kTileWidth}};
  }

  void Complain(LeafIndex index, absl::string_view what) {
    plan_.findings->Add(Part::kEntries, index, absl::StrCat("entry ", index.value(), " ", what));
  }

  const ChunkPlan& plan_;
  const uint64_t chunk_;
  IndexDigest& digest_;
  const uint64_t begin_;
  const uint64_t end_;
  uint64_t next_;
  const std::array<uint8_t, 32> salt_;
  std::array<Hash, kTileWidth> leaves_;
  std::vector<Hash> roots_;
  const std::unique_ptr<Cursor<StoredTile>> tiles_;
  std::optional<StoredTile> stored_;
  bool tiles_end_ = false;
  bool tiles_broken_ = false;
  CheckedChunk out_;
};

}  // namespace

absl::StatusOr<CheckedChunk> CheckChunk(const ChunkPlan& plan, uint64_t chunk,
                                        IndexDigest& digest) {
  return Checker(plan, chunk, digest).Run();
}

Hash CheckTile(merkle::TileId id, absl::Span<const Hash> hashes,
               const std::optional<StoredTile>& stored, Findings& findings) {
  assert(hashes.size() == kTileWidth);
  const uint32_t level = id.level * merkle::kTileHeight;
  const auto first_leaf = [&](uint64_t node) {
    return LeafIndex((id.index * kTileWidth + node) << level);
  };
  const Part part = id.level == 0 ? Part::kTiles : Part::kUpperTiles;
  std::array<Hash, kInnerCount> inner;
  constexpr size_t kBelow = kTileWidth / kInnerCount;
  for (size_t i = 0; i < kInnerCount; ++i) {
    inner[i] = merkle::SubtreeRoot(hashes.subspan(i * kBelow, kBelow));
  }
  if (!stored.has_value()) {
    findings.Add(part, first_leaf(0), absl::StrCat(TileName(id), " is missing"));
    return merkle::SubtreeRoot(inner);
  }
  const auto wrong = std::mismatch(hashes.begin(), hashes.end(), stored->hashes.begin());
  if (wrong.first != hashes.end()) {
    const uint64_t at = wrong.first - hashes.begin();
    findings.Add(part, first_leaf(at),
                 absl::StrCat(TileName(id), " holds ", wrong.second->Hex(), " at place ", at, ", ",
                              id.level == 0 ? absl::StrCat("but entry ", first_leaf(at).value())
                                            : absl::StrCat("but what is stored below it"),
                              " has the hash ", wrong.first->Hex()));
  } else if (!std::equal(inner.begin(), inner.end(), stored->inner.begin(), stored->inner.end())) {
    const uint64_t at =
        std::mismatch(inner.begin(), inner.end(), stored->inner.begin()).first - inner.begin();
    findings.Add(part, first_leaf(at * kBelow),
                 absl::StrCat(TileName(id), " holds a wrong inner node, number ", at));
  }
  return merkle::SubtreeRoot(inner);
}

}  // namespace cairn::ledger
