// One part of a log: 65,536 entries with the 256 tiles over them and the tile over those.
//
// Checked: the runs follow each other without a gap and cross no multiple of 256; each entry is the
//   one encoding of something and not older than the one before; every stored tile is what the
//   entries lead to. Trusts nothing but the entries' own bytes: where they disagree with a tile,
//   the roots that come out of them say which of both is right.
// Cost: about two hashes an entry, three with its tag; no allocation an entry.
// Threads: CheckChunk may run side by side for different chunks.

#ifndef CAIRN_LEDGER_CHECK_CHUNK_H_
#define CAIRN_LEDGER_CHECK_CHUNK_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ledger/check/findings.h"
#include "ledger/check/index_digest.h"
#include "ledger/check/source.h"
#include "merkle/entry/entry.h"
#include "merkle/hash.h"
#include "merkle/tile.h"
#include "merkle/types.h"

namespace cairn::ledger {

// The root of a full chunk is a node of this tree level.
inline constexpr uint32_t kChunkLevel = 2 * merkle::kTileHeight;
inline constexpr uint64_t kChunkEntries = uint64_t{1} << kChunkLevel;

// How far a check is, and how far it has to go as soon as that is known.
struct CheckProgress {
  std::atomic<uint64_t> entries = 0;
  std::atomic<uint64_t> all_entries = 0;
  std::atomic<uint64_t> index_rows = 0;
  std::atomic<uint64_t> all_index_rows = 0;
};

// What all chunks have in common. Borrows everything.
struct ChunkPlan {
  CheckSource* source = nullptr;
  TreeSize size;
  // Tree sizes whose root is wanted.
  absl::Span<const TreeSize> stops;
  // Entries below it are in the index. nullopt: the index is not checked.
  std::optional<LeafIndex> watermark;
  Findings* findings = nullptr;
  CheckProgress* progress = nullptr;
};

// The nodes that end a tree within a chunk: full level-0 tiles' roots, then single leaves.
struct ChunkBorder {
  std::vector<Hash> tiles;
  std::vector<Hash> leaves;
};

struct CheckedChunk {
  // All its entries were there, so that what follows is of all of them.
  bool whole = false;
  Hash root;  // Where it is full.
  uint64_t first_ms = 0;
  uint64_t last_ms = 0;
  std::map<TreeSize, ChunkBorder> borders;
  std::vector<std::pair<LeafIndex, entry::CertifierEntry>> certifiers;
  // How many entries of each kind that is newer than this program.
  std::map<uint8_t, uint64_t> unknown_kinds;
};

// Checks chunk number `chunk`, which begins below plan.size. Adds the index rows that its entries
// call for to `digest`. An error that is not kDataLoss is the source's.
absl::StatusOr<CheckedChunk> CheckChunk(const ChunkPlan& plan, uint64_t chunk, IndexDigest& digest);

// Compares a tile that was computed with the stored one; nullopt when that is missing. Answers the
// tile's root.
Hash CheckTile(merkle::TileId id, absl::Span<const Hash> hashes,
               const std::optional<StoredTile>& stored, Findings& findings);

// Calls `take(index, entry)` for each entry of a run; false when the run ends within one.
template <typename Take>
bool ForEachEntry(const StoredRun& run, const Take& take) {
  absl::string_view rest = run.bytes;
  uint64_t index = run.first.value();
  while (!rest.empty()) {
    if (rest.size() < 2) return false;
    const size_t size = static_cast<uint8_t>(rest[0]) << 8 | static_cast<uint8_t>(rest[1]);
    if (rest.size() < 2 + size) return false;
    take(LeafIndex(index++), rest.substr(2, size));
    rest.remove_prefix(2 + size);
  }
  return index != run.first.value();
}

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_CHECK_CHUNK_H_
