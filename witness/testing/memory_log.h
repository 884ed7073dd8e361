// A log in memory as auditors see it, whose resources can be replaced by others.

#ifndef CAIRN_WITNESS_TESTING_MEMORY_LOG_H_
#define CAIRN_WITNESS_TESTING_MEMORY_LOG_H_

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "merkle/bundle.h"
#include "merkle/hash.h"
#include "merkle/memory_tiles.h"
#include "merkle/naive_tree.h"
#include "merkle/note/checkpoint_signer.h"
#include "merkle/note/key.h"
#include "merkle/tile.h"
#include "merkle/tile_path.h"
#include "merkle/types.h"
#include "witness/audit_store.h"
#include "witness/log_source.h"

namespace cairn::witness {

class MemoryLog final : public LogSource {
 public:
  explicit MemoryLog(const std::string& signer_key) : signer_key_(signer_key) { Publish(); }

  void Append(std::string entry) { entries_.push_back(std::move(entry)); }
  std::vector<std::string>& entries() { return entries_; }

  // Shows all entries under a checkpoint over them.
  void Publish() {
    std::vector<Hash> leaves;
    for (const std::string& entry : entries_) leaves.push_back(merkle::HashLeaf(entry));
    size_ = TreeSize(leaves.size());
    tiles_ = std::make_unique<merkle::MemoryTiles>(leaves);
    Sign(size_,
         leaves.empty() ? merkle::EmptyRoot() : merkle::NaiveTree(leaves).Mth(0, leaves.size()));
  }
  // Shows another checkpoint over what is there.
  void Sign(TreeSize size, const Hash& root) {
    std::vector<note::SignerKey> keys;
    keys.push_back(*note::SignerKey::Parse(signer_key_));
    const auto signer = note::CheckpointSigner::Create(std::move(keys));
    note_ = *signer->Sign({signer->origin(), size, root, {}});
  }
  // What follows the checkpoint's lines, such as cosignatures.
  void AddLine(const std::string& line) { note_ += line; }
  const std::string& note() const { return note_; }

  // Shows these bytes instead; nullopt: nothing.
  void Replace(const std::string& path, std::optional<std::string> bytes) {
    replaced_[path] = std::move(bytes);
  }
  void Restore() { replaced_.clear(); }
  // Answers so from now on, after so many reads.
  void FailAfter(int reads, absl::Status why) {
    reads_left_ = reads;
    failure_ = std::move(why);
  }

  absl::StatusOr<std::string> Read(const std::string& path, size_t max_bytes) override {
    const std::lock_guard lock(mutex_);
    if (reads_left_ == 0) return failure_;
    if (reads_left_ > 0) --reads_left_;
    absl::StatusOr<std::string> bytes = absl::NotFoundError(path + " is not there");
    if (const auto at = replaced_.find(path); at != replaced_.end()) {
      if (at->second.has_value()) bytes = *at->second;
    } else {
      bytes = Resource(path);
    }
    if (bytes.ok() && bytes->size() > max_bytes) {
      return absl::ResourceExhaustedError(path + " is too large");
    }
    return bytes;
  }

 private:
  absl::StatusOr<std::string> Resource(const std::string& path) {
    if (path == "checkpoint") return note_;
    if (const auto bundle = merkle::ParseBundlePath(path); bundle.ok()) {
      return Bundle(*bundle);
    }
    const auto tile = merkle::ParseTilePath(path);
    if (!tile.ok()) return tile.status();
    const absl::StatusOr<std::vector<Hash>> hashes = tiles_->ReadTile(tile->id, tile->width);
    if (!hashes.ok()) return hashes.status();
    return merkle::FormatTile(absl::MakeSpan(*hashes).subspan(0, tile->width));
  }
  absl::StatusOr<std::string> Bundle(const merkle::BundleSlice& bundle) {
    const uint64_t begin = bundle.index * merkle::kTileWidth;
    if (begin + bundle.width > size_.value()) return absl::NotFoundError("beyond the tree");
    std::string bytes;
    for (uint64_t i = begin; i < begin + bundle.width; ++i) {
      if (absl::Status put = merkle::AppendToBundle(entries_[i], bytes); !put.ok()) return put;
    }
    return bytes;
  }

  const std::string signer_key_;
  std::mutex mutex_;
  std::vector<std::string> entries_;
  TreeSize size_;
  std::unique_ptr<merkle::MemoryTiles> tiles_;
  std::string note_;
  std::map<std::string, std::optional<std::string>> replaced_;
  int reads_left_ = -1;
  absl::Status failure_;
};

class MemoryAuditStore final : public AuditStore {
 public:
  absl::StatusOr<std::optional<std::string>> ReadState() override { return state_; }
  absl::Status WriteState(absl::string_view state) override {
    state_ = std::string(state);
    return absl::OkStatus();
  }
  absl::Status PutFingerprints(LeafIndex from, absl::Span<const uint64_t> numbers) override {
    numbers_.resize(from.value());
    numbers_.insert(numbers_.end(), numbers.begin(), numbers.end());
    return absl::OkStatus();
  }
  absl::Status GetFingerprints(LeafIndex from, absl::Span<uint64_t> numbers) override {
    if (from.value() + numbers.size() > numbers_.size()) return absl::InternalError("too few");
    std::copy_n(numbers_.begin() + from.value(), numbers.size(), numbers.begin());
    return absl::OkStatus();
  }
  absl::Status PutWatched(uint64_t from, absl::string_view bytes) override {
    watched_.resize(from);
    watched_.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  absl::Status GetWatched(uint64_t from, absl::Span<char> bytes) override {
    if (from + bytes.size() > watched_.size()) return absl::InternalError("too few");
    std::copy_n(watched_.begin() + from, bytes.size(), bytes.begin());
    return absl::OkStatus();
  }

 private:
  std::optional<std::string> state_;
  std::vector<uint64_t> numbers_;
  std::string watched_;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_TESTING_MEMORY_LOG_H_
