// OpenTimestamps proofs (`.ots`): the tree, read and written. What it attests, and how two are
// joined, is in opentimestamps_tree.h.
//
// A proof is a tree over a message, the digest of a file. Each edge is an operation that makes
// another message of it; at the nodes stand attestations, by a calendar (*pending*: ask me again),
// a Bitcoin block (its Merkle root is the message) or something else.
// Source: the reference implementation, python-opentimestamps 0.4, since there is no other
//   specification. docs/formats.md says where this reader is stricter.
// Shape: magic [31] || version 1 || operation of the file's digest || digest || timestamp.
//   timestamp = (0xff item)* item; item = 0x00 attestation, or an operation's tag, its argument for
//   append and prepend, and the timestamp of its result. Integers are little-endian base 128.
//   A node's attestations are sorted by tag, then by URI, height or payload; then come its
//   operations, sorted by tag, then argument. So a tree has one spelling: Format(Parse(x)) == x.
// Limits: file 256 KiB; messages 1 to 4096 bytes, 2048 for hexlify; 256 nodes on a path; payload
//   8192 bytes; a pending attestation's URI 1000 bytes of A-Z a-z 0-9 - . _ / :; integers 64 bits.
// keccak256 is known but cannot be computed here: what is below it is kept, over no known message.
// Errors: kInvalidArgument for whatever breaks the above.
// Threads: pure.

#ifndef CAIRN_ANCHOR_EVIDENCE_OPENTIMESTAMPS_H_
#define CAIRN_ANCHOR_EVIDENCE_OPENTIMESTAMPS_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::evidence::ots {

constexpr size_t kMaxFileBytes = size_t{256} << 10;
constexpr size_t kMaxMessageBytes = 4096;
constexpr size_t kMaxPathNodes = 256;

// The tags of the format.
enum class OpCode : uint8_t {
  kSha1 = 0x02,
  kRipemd160 = 0x03,
  kSha256 = 0x08,
  kKeccak256 = 0x67,
  kAppend = 0xf0,
  kPrepend = 0xf1,
  kReverse = 0xf2,
  kHexlify = 0xf3,
};

struct Op {
  OpCode code = OpCode::kSha256;
  // Of append and prepend, 1 to 4096 bytes; otherwise empty.
  std::string argument = {};

  friend auto operator<=>(const Op&, const Op&) = default;
};

enum class AttestationKind { kPending, kBitcoin, kLitecoin, kEthereum, kUnknown };

class Attestation {
 public:
  static constexpr size_t kTagBytes = 8;

  // Of a known tag, the payload must be what that kind holds; of another, it is anything.
  static absl::StatusOr<Attestation> Create(absl::string_view tag, absl::string_view payload);
  static absl::StatusOr<Attestation> Pending(absl::string_view uri);
  static Attestation Bitcoin(uint64_t height);

  AttestationKind kind() const { return kind_; }
  const std::string& tag() const { return tag_; }
  const std::string& payload() const { return payload_; }
  const std::string& uri() const { return uri_; }  // Empty unless pending.
  uint64_t height() const { return height_; }      // 0 unless of a block.

  // The order of the format, which is that of heights as numbers and of URIs without their length.
  friend std::strong_ordering operator<=>(const Attestation& a, const Attestation& b);
  friend bool operator==(const Attestation& a, const Attestation& b) { return (a <=> b) == 0; }

 private:
  Attestation() = default;

  AttestationKind kind_ = AttestationKind::kUnknown;
  std::string tag_;
  std::string payload_;
  std::string uri_;
  uint64_t height_ = 0;
};

struct Step;

// A node with all below it. Its message is nowhere in it: whoever walks the tree brings the first.
struct Timestamp {
  std::vector<Attestation> attestations;  // Sorted, none twice.
  std::vector<Step> steps;                // Sorted by their operations, none twice.
};

struct Step {
  Op op;
  Timestamp below;
};

struct File {
  // How `digest` was made: kSha1, kRipemd160 or kSha256.
  OpCode digest_op = OpCode::kSha256;
  std::string digest = {};
  Timestamp timestamp = {};
};

absl::StatusOr<File> Parse(absl::string_view bytes);
// An error for a tree that Parse would refuse, such as an unsorted one or one grown too deep.
absl::StatusOr<std::string> Format(const File& file);

// Of a bare timestamp over `message`, which is how a calendar answers.
absl::StatusOr<Timestamp> ParseTimestamp(absl::string_view bytes, absl::string_view message);
absl::StatusOr<std::string> FormatTimestamp(const Timestamp& timestamp, absl::string_view message);

}  // namespace cairn::evidence::ots

#endif  // CAIRN_ANCHOR_EVIDENCE_OPENTIMESTAMPS_H_
