// The keys and values of the log's database.
//
// Shape (persistent: never renumber; all integers big-endian, so that keys rise with what they
// count):
//   state      "format" -> u32; "identity" -> u16 length, origin, u16 length, vkey, log id [16],
//              index salt [32]; "tree" -> size u64, root [32], last time u64;
//              "certifier/" index u64 -> nothing
//   runs       first index u64 -> per entry u16 length, bytes. One commit's entries, cut where the
//              index is a multiple of kRunEntries; a run never crosses a multiple of 256.
//   tiles      level u8, index u64 -> 256 hashes, then the 16 nodes four tree levels above them
//   index      tag [16] -> n x index u48, rising;
//              kWatermarkKey (0x00 alone, before every row) -> u64
// Errors: every parser answers kDataLoss, since what it reads was written by this program.

#ifndef CAIRN_LEDGER_ROCKSDB_CODEC_H_
#define CAIRN_LEDGER_ROCKSDB_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ledger/store.h"
#include "merkle/extension.h"
#include "merkle/hash.h"
#include "merkle/tile.h"
#include "merkle/types.h"

namespace cairn::ledger::codec {

inline constexpr uint32_t kFormatVersion = 2;

// Divides 256. Bounds what is read for one entry. A reader takes runs of any length, so this may
// change without a new format.
inline constexpr uint64_t kRunEntries = 32;

// A row of the index has 48 bits for the leaf index.
inline constexpr uint64_t kMaxIndexed = (uint64_t{1} << 48) - 1;

inline constexpr absl::string_view kFormatKey = "format";
inline constexpr absl::string_view kIdentityKey = "identity";
inline constexpr absl::string_view kTreeKey = "tree";
inline constexpr absl::string_view kCertifierPrefix = "certifier/";
inline constexpr absl::string_view kWatermarkKey = absl::string_view("\0", 1);

std::string FormatU32(uint32_t value);
std::string FormatU64(uint64_t value);
absl::StatusOr<uint32_t> ParseU32(absl::string_view bytes);
absl::StatusOr<uint64_t> ParseU64(absl::string_view bytes);

// Requires origin and vkey of less than 64 KiB.
std::string FormatIdentity(const LogIdentity& identity);
absl::StatusOr<LogIdentity> ParseIdentity(absl::string_view bytes);

std::string FormatTreeState(const TreeState& state);
absl::StatusOr<TreeState> ParseTreeState(absl::string_view bytes);

std::string CertifierKey(LeafIndex index);
absl::StatusOr<LeafIndex> ParseCertifierKey(absl::string_view key);

std::string RunKey(LeafIndex first);
absl::StatusOr<LeafIndex> ParseRunKey(absl::string_view key);
// Requires entries of less than 64 KiB.
std::string FormatRun(absl::Span<const std::string> entries);
// The entries, as views into `bytes`; at least one.
absl::StatusOr<std::vector<absl::string_view>> ParseRun(absl::string_view bytes);

std::string TileKey(merkle::TileId id);
absl::StatusOr<merkle::TileId> ParseTileKey(absl::string_view key);
// Computes the inner nodes where the tile does not bring them.
std::string FormatFullTile(const merkle::FullTile& tile);
// A stored tile, as views into its bytes.
struct TileView {
  absl::Span<const Hash> hashes;  // 256
  absl::Span<const Hash> inner;   // 16
};
absl::StatusOr<TileView> ParseFullTile(absl::string_view bytes);

// Requires indexes of at most kMaxIndexed, rising.
std::string FormatIndexes(absl::Span<const LeafIndex> indexes);
absl::StatusOr<std::vector<LeafIndex>> ParseIndexes(absl::string_view bytes);

}  // namespace cairn::ledger::codec

#endif  // CAIRN_LEDGER_ROCKSDB_CODEC_H_
