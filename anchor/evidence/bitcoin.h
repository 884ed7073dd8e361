// What a Bitcoin attestation in an OpenTimestamps proof is worth, judged by block headers from a
// source that the verifier chose.
//
// The attestation says: my message is the Merkle root of the block at this height. Without that
// block's header it says nothing, and a header that came with the proof is worth no more than the
// proof. Whoever asks brings a BlockHeaders: a file (bitcoin_headers_file.h), or a node or an
// explorer of theirs (anchor/opentimestamps).
// Shape of a header: 80 bytes, integers little-endian: version u32 || hash of the previous block
//   [32] || Merkle root [32] || time u32 || bits u32 || nonce u32. Its hash is SHA-256 of SHA-256.
//   Hashes are in the order of these bytes; other tools show them reversed.
// A block's time is its miner's, and within about two hours of the truth.
// Threads: a BlockHeaders is used by one at a time; the rest is pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_BITCOIN_H_
#define CAIRN_ANCHOR_EVIDENCE_BITCOIN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/opentimestamps_tree.h"
#include "merkle/hash.h"

namespace cairn::evidence {

struct BlockHeader {
  static constexpr size_t kBytes = 80;

  Hash hash;
  Hash previous;
  Hash merkle_root;
  uint32_t time_s = 0;
  uint32_t bits = 0;
};

// kInvalidArgument unless they are 80 bytes.
absl::StatusOr<BlockHeader> ParseBlockHeader(absl::string_view bytes);

// kInvalidArgument unless the hash is below the target that the header itself names. Shows that a
// header is not garbled. Not that it is of the chain: easy targets are met by anyone.
absl::Status CheckProofOfWork(const BlockHeader& header);

// Hex of the bytes in reverse, as Bitcoin's own tools write a hash; and back.
std::string FormatBlockHash(const Hash& hash);
absl::StatusOr<Hash> ParseBlockHash(absl::string_view text);

// The chain as its owner sees it now; asked again later, it may say something else.
class BlockHeaders {
 public:
  virtual ~BlockHeaders() = default;

  // kNotFound when it does not know it (yet), kUnavailable and kDeadlineExceeded when it cannot be
  // asked, kPermissionDenied when it does not let us, kInvalidArgument for an answer that makes no
  // sense. What it returns has a proof of work.
  virtual absl::StatusOr<BlockHeader> At(uint64_t height) = 0;

  // The greatest height that it knows. Errors likewise.
  virtual absl::StatusOr<uint64_t> TipHeight() = 0;
};

enum class BitcoinState { kProven, kNotProven, kFalse };

struct BitcoinBlock {
  uint64_t height = 0;
  Hash hash;
  uint64_t time_s = 0;
  uint64_t depth = 0;  // The newest block is one deep.
};

struct BitcoinVerdict {
  BitcoinState state = BitcoinState::kNotProven;
  // The lowest block that does have the Merkle root; also of one that is not yet deep enough.
  std::optional<BitcoinBlock> block = std::nullopt;
  // Heights of blocks that the source does not know.
  std::vector<uint64_t> unknown = {};
  // What the proof says of blocks that have another Merkle root.
  std::vector<ots::BitcoinAttestation> contradicted = {};
  // A line for people: what was proven, what is missing, what is wrong.
  std::string detail = {};
};

constexpr uint64_t kUsualDepth = 6;

// Proven by any attestation whose block is `min_depth` deep. False when the source knows each of
// the blocks, and none has the Merkle root. In between it says what is missing. Without a source
// (null) nothing is proven or false.
// Errors: those of the source, if no attestation could be proven without its answer;
//   kInvalidArgument for more than 64 attestations, more than any honest proof has.
absl::StatusOr<BitcoinVerdict> JudgeBitcoin(
    const std::vector<ots::BitcoinAttestation>& attestations, BlockHeaders* headers,
    uint64_t min_depth = kUsualDepth);

// Of an `.ots` file. False also when it is about something else than this SHA-256 digest.
// Errors: also kInvalidArgument for a file that cannot be read.
absl::StatusOr<BitcoinVerdict> VerifyBitcoin(absl::string_view file, const Hash& digest,
                                             BlockHeaders* headers,
                                             uint64_t min_depth = kUsualDepth);

}  // namespace cairn::evidence

#endif  // CAIRN_ANCHOR_EVIDENCE_BITCOIN_H_
