#include "ledger/testing/memory_store.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "merkle/tile.h"

namespace cairn::ledger {
namespace {

void Require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "MemoryStore: " << what << std::endl;
  std::abort();
}

}  // namespace

void MemoryStore::Apply(const Commit& commit) {
  kept_.entries.insert(kept_.entries.end(), commit.entries.begin(), commit.entries.end());
  for (const merkle::FullTile& tile : commit.tiles) kept_.tiles.emplace(tile.id, tile);
  kept_.certifiers.insert(kept_.certifiers.end(), commit.certifiers.begin(),
                          commit.certifiers.end());
  kept_.state = commit.state;
}

absl::Status MemoryStore::Write(const Commit& commit) {
  std::unique_lock lock(mutex_);
  if (hold_) {
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !hold_; });
  }
  ++writes_;
  Require(commit.first.value() == kept_.state.size.value(), "a commit that does not continue");
  Require(commit.state.size.value() == commit.first.value() + commit.entries.size() &&
              !commit.entries.empty(),
          "a commit whose size does not follow from its entries");
  Require(commit.state.last_accepted_at_ms >= kept_.state.last_accepted_at_ms,
          "a commit that goes back in time");
  if (!fail_write_.has_value()) {
    Apply(commit);
    return absl::OkStatus();
  }
  const Failure failure = *std::exchange(fail_write_, std::nullopt);
  if (failure == Failure::kLostOnCrash) before_lost_ = kept_;
  if (failure != Failure::kNothingKept) Apply(commit);
  return absl::UnavailableError("the write failed, as told");
}

absl::StatusOr<TreeState> MemoryStore::ReadState() {
  const std::lock_guard lock(mutex_);
  return kept_.state;
}

absl::StatusOr<std::vector<std::string>> MemoryStore::ReadEntries(LeafIndex begin, LeafIndex end) {
  const std::lock_guard lock(mutex_);
  ++entry_reads_;
  if (!read_status_.ok()) return read_status_;
  if (begin > end || end.value() > kept_.entries.size()) {
    return absl::OutOfRangeError("not stored");
  }
  return std::vector<std::string>(kept_.entries.begin() + begin.value(),
                                  kept_.entries.begin() + end.value());
}

absl::Status MemoryStore::ReadNodes(absl::Span<const merkle::NodeId> ids, absl::Span<Hash> out) {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < ids.size(); ++i) {
    const merkle::NodePlace place = merkle::PlaceOf(ids[i]);
    const auto tile = kept_.tiles.find(place.tile);
    if (tile == kept_.tiles.end()) return absl::DataLossError("no such tile");
    out[i] = merkle::NodeInTile(place, tile->second.hashes);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Hash>> MemoryStore::ReadTile(merkle::TileId id) {
  const std::lock_guard lock(mutex_);
  const auto tile = kept_.tiles.find(id);
  if (tile == kept_.tiles.end()) return absl::DataLossError("no such tile");
  return tile->second.hashes;
}

absl::StatusOr<std::vector<LeafIndex>> MemoryStore::CertifierEntries() {
  const std::lock_guard lock(mutex_);
  return kept_.certifiers;
}

absl::Status MemoryStore::FindRows(absl::Span<const IndexTag> tags,
                                   absl::Span<std::vector<LeafIndex>> out) {
  const std::lock_guard lock(mutex_);
  ++look_ups_;
  changed_.notify_all();
  for (size_t i = 0; i < tags.size(); ++i) {
    const auto found = index_.find(tags[i]);
    out[i] = found != index_.end() ? found->second : std::vector<LeafIndex>();
    out[i].insert(out[i].end(), foreign_.begin(), foreign_.end());
    std::sort(out[i].begin(), out[i].end());
    out[i].erase(std::unique(out[i].begin(), out[i].end()), out[i].end());
  }
  return absl::OkStatus();
}

absl::Status MemoryStore::IngestIndex(absl::Span<const IndexRow> rows, LeafIndex watermark) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(fail_ingest_, false)) {
    return absl::UnavailableError("the ingestion failed, as told");
  }
  Require(std::is_sorted(rows.begin(), rows.end()), "rows that are not sorted");
  Require(watermark > watermark_ && watermark.value() <= kept_.state.size.value(),
          "a watermark that does not rise or is not durable");
  std::map<IndexTag, std::vector<LeafIndex>> whole;
  for (const IndexRow& row : rows) {
    Require(row.index < watermark, "a row beyond the watermark");
    whole[row.tag].push_back(row.index);
  }
  for (auto& [tag, indexes] : whole) {
    std::vector<LeafIndex>& stored = index_[tag];
    Require(std::includes(indexes.begin(), indexes.end(), stored.begin(), stored.end()),
            "rows that lack one that is there");
    stored = std::move(indexes);
  }
  watermark_ = watermark;
  ingested_rows_ += rows.size();
  return absl::OkStatus();
}

absl::StatusOr<LeafIndex> MemoryStore::IndexWatermark() {
  const std::lock_guard lock(mutex_);
  return watermark_;
}

absl::Status MemoryStore::RecordSigned(const TreeState& state) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(fail_record_, false)) {
    return absl::UnavailableError("the record failed, as told");
  }
  Require(state.size <= kept_.state.size && !before_lost_.has_value(),
          "a tree is signed that is not durable");
  signed_before_ = std::exchange(signed_, state);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<TreeState>> MemoryStore::LastSigned() {
  const std::lock_guard lock(mutex_);
  return signed_;
}

absl::StatusOr<uint64_t> MemoryStore::FreeSpaceBytes() {
  const std::lock_guard lock(mutex_);
  return free_bytes_;
}

void MemoryStore::FailWrite(Failure failure) {
  const std::lock_guard lock(mutex_);
  fail_write_ = failure;
}

void MemoryStore::FailIngest() {
  const std::lock_guard lock(mutex_);
  fail_ingest_ = true;
}

void MemoryStore::FailRecord() {
  const std::lock_guard lock(mutex_);
  fail_record_ = true;
}

void MemoryStore::FailReads(absl::Status status) {
  const std::lock_guard lock(mutex_);
  read_status_ = std::move(status);
}

void MemoryStore::Crash(bool power_failed) {
  const std::lock_guard lock(mutex_);
  if (power_failed) signed_ = signed_before_;
  fail_write_ = std::nullopt;
  fail_ingest_ = fail_record_ = false;
  if (before_lost_.has_value()) kept_ = *std::exchange(before_lost_, std::nullopt);
}

void MemoryStore::HoldWrites() {
  const std::lock_guard lock(mutex_);
  hold_ = true;
  held_ = 0;
}

void MemoryStore::ReleaseWrites() {
  const std::lock_guard lock(mutex_);
  hold_ = false;
  changed_.notify_all();
}

void MemoryStore::AwaitHeldWrite() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return held_ > 0; });
}

void MemoryStore::AwaitLookUps(uint64_t calls) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return look_ups_ >= calls; });
}

void MemoryStore::DamageEntry(LeafIndex index) {
  const std::lock_guard lock(mutex_);
  kept_.entries.at(index.value()).back() ^= 1;
}

void MemoryStore::DamageTile(merkle::TileId id, size_t offset) {
  const std::lock_guard lock(mutex_);
  kept_.tiles.at(id).hashes.at(offset).bytes[0] ^= 1;
}

void MemoryStore::CutTo(const TreeState& state) {
  const std::lock_guard lock(mutex_);
  kept_.entries.resize(state.size.value());
  kept_.state = state;
  std::erase_if(kept_.tiles, [&](const auto& tile) {
    return merkle::TileWidthAt(tile.first, state.size) < merkle::kTileWidth;
  });
}

void MemoryStore::AddForeignCandidates(std::vector<LeafIndex> indexes) {
  const std::lock_guard lock(mutex_);
  foreign_ = std::move(indexes);
}

void MemoryStore::SetFreeSpace(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  free_bytes_ = bytes;
}

uint64_t MemoryStore::writes() const {
  const std::lock_guard lock(mutex_);
  return writes_;
}

uint64_t MemoryStore::entry_reads() const {
  const std::lock_guard lock(mutex_);
  return entry_reads_;
}

size_t MemoryStore::ingested_rows() const {
  const std::lock_guard lock(mutex_);
  return ingested_rows_;
}

}  // namespace cairn::ledger
