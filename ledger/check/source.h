// What a check of a whole log reads. Declared here, in the ledger's own words; ledger/rocksdb
// implements it over a directory that nobody writes.
//
// Errors, of every call: kDataLoss when what is stored there is damaged or malformed, which is a
// finding; anything else ends the check, since nothing can be said.
// Threads: any, but for a cursor, which one thread uses.

#ifndef CAIRN_LEDGER_CHECK_SOURCE_H_
#define CAIRN_LEDGER_CHECK_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ledger/store.h"
#include "merkle/hash.h"
#include "merkle/tile.h"
#include "merkle/types.h"

namespace cairn::ledger {

// Successive entries as they are stored: for each its length as u16, big-endian, then its bytes.
struct StoredRun {
  LeafIndex first;
  absl::string_view bytes;
};

struct StoredTile {
  merkle::TileId id;
  absl::Span<const Hash> hashes;  // 256
  absl::Span<const Hash> inner;   // 16
};

// What the record of the last signed state says.
struct SignedRecord {
  // The newest, and the one before it where that is still there; none when nothing was ever signed.
  std::vector<TreeState> states;
  // What is wrong with the rest of it; empty when nothing is.
  std::string damage;
};

// nullopt: there are no more. What it points to is valid until the next call. After an error the
// cursor is not used again.
template <typename T>
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual absl::StatusOr<std::optional<T>> Next() = 0;
};

class CheckSource {
 public:
  // The index is read in so many parts, by the first five bits of the tag.
  static constexpr uint32_t kIndexParts = 32;

  virtual ~CheckSource() = default;

  virtual const LogIdentity& identity() const = 0;
  virtual absl::StatusOr<TreeState> ReadState() = 0;
  // Where the last run ends, by its own word; 0 without runs.
  virtual absl::StatusOr<LeafIndex> EntriesEnd() = 0;
  virtual absl::StatusOr<SignedRecord> ReadSigned() = 0;
  // Rising. Also reads whatever else stands beside them, which must be known.
  virtual absl::StatusOr<std::vector<LeafIndex>> CertifierEntries() = 0;
  virtual absl::StatusOr<LeafIndex> IndexWatermark() = 0;

  // Those whose first index is in [begin, end), rising; without `end` all from `begin` on.
  virtual std::unique_ptr<Cursor<StoredRun>> Runs(LeafIndex begin,
                                                  std::optional<LeafIndex> end) = 0;
  // Those in [begin, end), rising; without `end` all from `begin` on.
  virtual std::unique_ptr<Cursor<StoredTile>> Tiles(merkle::TileId begin,
                                                    std::optional<merkle::TileId> end) = 0;
  // Every row of the index in a part, in any order.
  virtual absl::Status ScanIndex(uint32_t part, absl::FunctionRef<void(const IndexRow&)> take) = 0;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_CHECK_SOURCE_H_
