// What the ledger needs from the disk. Declared here, in the ledger's own words; ledger/rocksdb
// implements it.
//
// Errors, of every call: kDataLoss when stored bytes are missing or contradict themselves,
// kUnavailable or kInternal when the disk could not be read or written. The caller of Write() must
// treat any error as unclear (the commit may or may not be durable) and stop.
// Threads: Write(), IngestIndex() and RecordSigned() are called by one thread each; reads come from
// any thread, beside them.

#ifndef CAIRN_LEDGER_STORE_H_
#define CAIRN_LEDGER_STORE_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "merkle/extension.h"
#include "merkle/hash.h"
#include "merkle/tile.h"
#include "merkle/types.h"

namespace cairn::ledger {

// Whose log a directory holds. Written once, before the first entry.
struct LogIdentity {
  std::string origin;
  std::string vkey;
  std::array<uint8_t, 16> log_id{};      // random; tells two logs of one origin and key apart
  std::array<uint8_t, 32> index_salt{};  // random; keys the tags of the index

  friend bool operator==(const LogIdentity&, const LogIdentity&) = default;
};

// The tree after a commit.
struct TreeState {
  TreeSize size;
  Hash root;
  uint64_t last_accepted_at_ms = 0;

  friend bool operator==(const TreeState&, const TreeState&) = default;
};

// What one commit makes durable, all or nothing.
struct Commit {
  LeafIndex first;                      // = the size before
  std::vector<std::string> entries;     // encoded, one per leaf from `first`
  std::vector<merkle::FullTile> tiles;  // completed by this commit, rising
  std::vector<LeafIndex> certifiers;    // which of the entries are certifier entries
  TreeState state;                      // after it
};

// SHA-256(index salt || certificate hash), cut to 16 bytes.
using IndexTag = std::array<uint8_t, 16>;

struct IndexRow {
  IndexTag tag;
  LeafIndex index;

  friend auto operator<=>(const IndexRow&, const IndexRow&) = default;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual const LogIdentity& identity() const = 0;

  // Atomic, and durable (synced) once it returns OK.
  virtual absl::Status Write(const Commit& commit) = 0;

  // The state of the last commit; size 0 with the empty root in a new log.
  virtual absl::StatusOr<TreeState> ReadState() = 0;

  // Entries [begin, end), encoded. kOutOfRange when the range is not stored. The caller bounds it.
  virtual absl::StatusOr<std::vector<std::string>> ReadEntries(LeafIndex begin, LeafIndex end) = 0;

  // Nodes that lie in full tiles, in the order asked: `out[i]` is the hash of `ids[i]`.
  // kDataLoss when the tile is not there. Requires ids.size() == out.size().
  virtual absl::Status ReadNodes(absl::Span<const merkle::NodeId> ids, absl::Span<Hash> out) = 0;

  // The first `width` hashes of a full tile.
  virtual absl::StatusOr<std::vector<Hash>> ReadTile(merkle::TileId id) = 0;

  // Indexes of all certifier entries, rising.
  virtual absl::StatusOr<std::vector<LeafIndex>> CertifierEntries() = 0;

  // The index is derived: rows may be missing for entries from the watermark on (they are replayed
  // from the entries at start), never for entries below it.
  //
  // out[i] gets every ingested index under tags[i], rising. A tag may be shared by chance: callers
  // compare the entries in full.
  virtual absl::Status FindRows(absl::Span<const IndexTag> tags,
                                absl::Span<std::vector<LeafIndex>> out) = 0;
  // Takes rows, sorted by (tag, index) and each once, and moves the watermark, in one step. They
  // stand in place of all that is ingested under their tags. Entries below `watermark` are durable
  // already.
  virtual absl::Status IngestIndex(absl::Span<const IndexRow> rows, LeafIndex watermark) = 0;
  virtual absl::StatusOr<LeafIndex> IndexWatermark() = 0;

  // Remembers, beside the database, that the checkpoint of `state` is about to leave the process.
  // Costs no sync: it survives the process, and is a lower bound after a power failure. At start
  // the tree must still contain LastSigned(); so a commit that was acknowledged and then lost from
  // the end of the WAL is noticed.
  virtual absl::Status RecordSigned(const TreeState& state) = 0;
  // nullopt: nothing was ever signed.
  virtual absl::StatusOr<std::optional<TreeState>> LastSigned() = 0;

  // Free bytes where commits are written.
  virtual absl::StatusOr<uint64_t> FreeSpaceBytes() = 0;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_STORE_H_
