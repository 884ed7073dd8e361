#include "anchor/evidence/bitcoin.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "anchor/evidence/opentimestamps.h"
#include "merkle/note/text.h"

namespace cairn::evidence {
namespace {

constexpr size_t kPreviousAt = 4;
constexpr size_t kMerkleRootAt = 36;
constexpr size_t kTimeAt = 68;
constexpr size_t kBitsAt = 72;

constexpr size_t kMaxAttestations = 64;

uint32_t LittleEndian(absl::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

Hash Reversed(Hash hash) {
  std::reverse(hash.bytes.begin(), hash.bytes.end());
  return hash;
}

// "block 5", "blocks 5, 7".
std::string Blocks(const std::vector<uint64_t>& heights) {
  return absl::StrCat(heights.size() == 1 ? "block " : "blocks ", absl::StrJoin(heights, ", "));
}

std::string Describe(const BitcoinVerdict& verdict, uint64_t min_depth) {
  std::vector<std::string> parts;
  if (verdict.block) {
    const absl::Time time = absl::FromUnixSeconds(static_cast<int64_t>(verdict.block->time_s));
    parts.push_back(absl::StrCat(
        "in Bitcoin block ", verdict.block->height, " of ",
        absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone()), ", ",
        verdict.block->depth, " deep",
        verdict.state == BitcoinState::kProven ? "" : absl::StrCat(" of ", min_depth)));
  } else if (!verdict.unknown.empty()) {
    parts.push_back(absl::StrCat("needs Bitcoin ", Blocks(verdict.unknown)));
  }
  if (!verdict.contradicted.empty()) {
    std::vector<uint64_t> heights;
    for (const ots::BitcoinAttestation& one : verdict.contradicted) heights.push_back(one.height);
    parts.push_back(absl::StrCat("not in Bitcoin ", Blocks(heights), ", as it says it is"));
  }
  if (parts.empty()) return "no Bitcoin block yet";
  return absl::StrJoin(parts, "; ");
}

// The depth of a block that the source knows.
absl::StatusOr<uint64_t> DepthAt(uint64_t height, BlockHeaders* headers) {
  const absl::StatusOr<uint64_t> tip = headers->TipHeight();
  if (!tip.ok()) return tip.status();
  // A tip below it has moved while we asked: the block itself is there.
  return std::max(*tip, height) - height + 1;
}

}  // namespace

absl::StatusOr<BlockHeader> ParseBlockHeader(absl::string_view bytes) {
  if (bytes.size() != BlockHeader::kBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a block header is ", BlockHeader::kBytes, " bytes, got ", bytes.size()));
  }
  return BlockHeader{.hash = merkle::Sha256(merkle::Sha256(bytes).view()),
                     .previous = *Hash::FromBytes(bytes.substr(kPreviousAt, Hash::kSize)),
                     .merkle_root = *Hash::FromBytes(bytes.substr(kMerkleRootAt, Hash::kSize)),
                     .time_s = LittleEndian(bytes, kTimeAt),
                     .bits = LittleEndian(bytes, kBitsAt)};
}

absl::Status CheckProofOfWork(const BlockHeader& header) {
  // bits = exponent u8 || mantissa i24: the target is mantissa * 256^(exponent - 3).
  const uint32_t exponent = header.bits >> 24;
  const uint32_t mantissa = header.bits & 0xffffff;
  Hash target;  // Most significant byte first, so that the order of Hash is that of numbers.
  bool fits = mantissa != 0 && mantissa < 0x800000;
  for (uint32_t i = 0; i < 3; ++i) {
    const auto byte = static_cast<uint8_t>(mantissa >> 8 * i);
    const uint32_t place = exponent + i;  // The place of 256^(place - 3).
    if (byte == 0 || place < 3) continue;
    if (place - 3 < Hash::kSize) {
      target.bytes[Hash::kSize - 1 - (place - 3)] = byte;
    } else {
      fits = false;
    }
  }
  if (!fits || Reversed(header.hash) > target) {
    return absl::InvalidArgumentError("a block header without proof of work");
  }
  return absl::OkStatus();
}

std::string FormatBlockHash(const Hash& hash) { return Reversed(hash).Hex(); }

absl::StatusOr<Hash> ParseBlockHash(absl::string_view text) {
  const absl::StatusOr<std::string> bytes = note::ParseHex(text);
  if (!bytes.ok()) return bytes.status();
  const absl::StatusOr<Hash> hash = Hash::FromBytes(*bytes);
  if (!hash.ok()) return hash.status();
  return Reversed(*hash);
}

absl::StatusOr<BitcoinVerdict> JudgeBitcoin(
    const std::vector<ots::BitcoinAttestation>& attestations, BlockHeaders* headers,
    uint64_t min_depth) {
  if (attestations.size() > kMaxAttestations) {
    return absl::InvalidArgumentError(
        absl::StrCat(attestations.size(), " Bitcoin attestations, more than ", kMaxAttestations));
  }
  BitcoinVerdict verdict;
  absl::Status unanswered;
  for (const ots::BitcoinAttestation& attestation : attestations) {
    absl::StatusOr<BlockHeader> header = absl::NotFoundError("no source");
    if (headers != nullptr) header = headers->At(attestation.height);
    if (absl::IsNotFound(header.status())) {
      verdict.unknown.push_back(attestation.height);
    } else if (!header.ok()) {
      unanswered.Update(header.status());
    } else if (header->merkle_root != attestation.root) {
      verdict.contradicted.push_back(attestation);
    } else if (!verdict.block || attestation.height < verdict.block->height) {
      verdict.block = {
          .height = attestation.height, .hash = header->hash, .time_s = header->time_s};
    }
  }
  if (verdict.block) {
    const absl::StatusOr<uint64_t> depth = DepthAt(verdict.block->height, headers);
    if (!depth.ok()) return depth.status();
    verdict.block->depth = *depth;
    if (*depth >= min_depth) verdict.state = BitcoinState::kProven;
  } else if (!unanswered.ok()) {
    return unanswered;
  } else if (verdict.unknown.empty() && !verdict.contradicted.empty()) {
    verdict.state = BitcoinState::kFalse;
  }
  verdict.detail = Describe(verdict, min_depth);
  return verdict;
}

absl::StatusOr<BitcoinVerdict> VerifyBitcoin(absl::string_view file, const Hash& digest,
                                             BlockHeaders* headers, uint64_t min_depth) {
  const absl::StatusOr<ots::File> parsed = ots::Parse(file);
  if (!parsed.ok()) return parsed.status();
  if (parsed->digest_op != ots::OpCode::kSha256 || parsed->digest != digest.view()) {
    return BitcoinVerdict{.state = BitcoinState::kFalse, .detail = "is about another digest"};
  }
  return JudgeBitcoin(ots::BitcoinAttestations(parsed->timestamp, parsed->digest), headers,
                      min_depth);
}

}  // namespace cairn::evidence
