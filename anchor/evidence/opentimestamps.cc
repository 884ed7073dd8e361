#include "anchor/evidence/opentimestamps.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cairn::evidence::ots {
namespace {

constexpr absl::string_view kMagic(
    "\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94", 31);
constexpr char kVersion = 1;
constexpr uint8_t kAttestationTag = 0x00;
constexpr uint8_t kMoreTag = 0xff;

constexpr size_t kMaxPayloadBytes = 8192;
constexpr size_t kMaxUriBytes = 1000;
constexpr size_t kMaxHexlifiedBytes = kMaxMessageBytes / 2;

constexpr absl::string_view kPendingTag("\x83\xdf\xe3\x0d\x2e\xf9\x0c\x8e", 8);
constexpr absl::string_view kBitcoinTag("\x05\x88\x96\x0d\x73\xd7\x19\x01", 8);
constexpr absl::string_view kLitecoinTag("\x06\x86\x9a\x0d\x73\xd7\x1b\x45", 8);
constexpr absl::string_view kEthereumTag("\x30\xfe\x80\x87\xb5\xc7\xea\xd7", 8);

absl::Status Malformed(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("OpenTimestamps proof: ", why));
}

absl::Status TooDeep() {
  return Malformed(absl::StrCat("more than ", kMaxPathNodes, " nodes on a path"));
}

AttestationKind KindOf(absl::string_view tag) {
  if (tag == kPendingTag) return AttestationKind::kPending;
  if (tag == kBitcoinTag) return AttestationKind::kBitcoin;
  if (tag == kLitecoinTag) return AttestationKind::kLitecoin;
  if (tag == kEthereumTag) return AttestationKind::kEthereum;
  return AttestationKind::kUnknown;
}

bool IsUriByte(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '/' || c == ':';
}

bool TakesArgument(OpCode code) { return code == OpCode::kAppend || code == OpCode::kPrepend; }

// Of a digest, or 0.
size_t DigestBytes(OpCode code) {
  switch (code) {
    case OpCode::kSha1:
    case OpCode::kRipemd160:
      return 20;
    case OpCode::kSha256:
    case OpCode::kKeccak256:
      return 32;
    default:
      return 0;
  }
}

bool IsFileDigest(OpCode code) { return DigestBytes(code) != 0 && code != OpCode::kKeccak256; }

// The result's length follows from the message's, so that trees are checked without hashing.
absl::StatusOr<size_t> ResultBytes(const Op& op, size_t message_bytes) {
  if (message_bytes > kMaxMessageBytes) return Malformed("a message is too long");
  size_t result = message_bytes;
  switch (op.code) {
    case OpCode::kAppend:
    case OpCode::kPrepend:
      result += op.argument.size();
      break;
    case OpCode::kReverse:
      break;
    case OpCode::kHexlify:
      if (message_bytes > kMaxHexlifiedBytes) return Malformed("a message to hexlify is too long");
      result *= 2;
      break;
    default:
      result = DigestBytes(op.code);
      break;
  }
  if (result > kMaxMessageBytes) return Malformed("the result of an operation is too long");
  if (result == 0) return Malformed("the result of an operation is empty");
  return result;
}

class Reader {
 public:
  explicit Reader(absl::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }

  absl::StatusOr<absl::string_view> Bytes(size_t count) {
    if (rest_.size() < count) return Malformed("cut short");
    const absl::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  absl::StatusOr<uint8_t> Byte() {
    if (rest_.empty()) return Malformed("cut short");
    const auto byte = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return byte;
  }
  absl::StatusOr<uint64_t> Integer() {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const absl::StatusOr<uint8_t> byte = Byte();
      if (!byte.ok()) return byte.status();
      const uint64_t digit = *byte & 0x7f;
      if (shift >= 64 || digit << shift >> shift != digit) {
        return Malformed("an integer of more than 64 bits");
      }
      value |= digit << shift;
      if ((*byte & 0x80) == 0) {
        if (*byte == 0 && shift > 0) return Malformed("an integer with a digit too many");
        return value;
      }
    }
  }
  absl::StatusOr<absl::string_view> Counted(size_t least, size_t most) {
    const absl::StatusOr<uint64_t> count = Integer();
    if (!count.ok()) return count.status();
    if (*count < least || *count > most) {
      return Malformed(
          absl::StrCat("a length of ", *count, " where ", least, " to ", most, " are allowed"));
    }
    return Bytes(static_cast<size_t>(*count));
  }

 private:
  absl::string_view rest_;
};

void AppendInteger(uint64_t value, std::string* out) {
  for (; value > 0x7f; value >>= 7) out->push_back(static_cast<char>(0x80 | (value & 0x7f)));
  out->push_back(static_cast<char>(value));
}

void AppendCounted(absl::string_view bytes, std::string* out) {
  AppendInteger(bytes.size(), out);
  absl::StrAppend(out, bytes);
}

absl::StatusOr<Op> ReadOp(uint8_t tag, Reader* reader) {
  Op op{.code = static_cast<OpCode>(tag)};
  if (TakesArgument(op.code)) {
    const absl::StatusOr<absl::string_view> argument = reader->Counted(1, kMaxMessageBytes);
    if (!argument.ok()) return argument.status();
    op.argument = std::string(*argument);
    return op;
  }
  if (DigestBytes(op.code) != 0 || op.code == OpCode::kReverse || op.code == OpCode::kHexlify) {
    return op;
  }
  return Malformed(absl::StrCat("unknown operation 0x", absl::Hex(tag, absl::kZeroPad2)));
}

absl::StatusOr<Attestation> ReadAttestation(Reader* reader) {
  const absl::StatusOr<absl::string_view> tag = reader->Bytes(Attestation::kTagBytes);
  if (!tag.ok()) return tag.status();
  const absl::StatusOr<absl::string_view> payload = reader->Counted(0, kMaxPayloadBytes);
  if (!payload.ok()) return payload.status();
  return Attestation::Create(*tag, *payload);
}

// Recursion ends at kMaxPathNodes, here and below: a tree that is deeper is never made.
absl::StatusOr<Timestamp> ReadTimestamp(size_t message_bytes, size_t depth, Reader* reader);

absl::Status ReadItem(uint8_t tag, size_t message_bytes, size_t depth, Reader* reader,
                      Timestamp* into) {
  if (tag == kAttestationTag) {
    absl::StatusOr<Attestation> attestation = ReadAttestation(reader);
    if (!attestation.ok()) return attestation.status();
    if (!into->steps.empty()) return Malformed("an attestation after an operation");
    if (!into->attestations.empty() && into->attestations.back() >= *attestation) {
      return Malformed("attestations are not sorted");
    }
    into->attestations.push_back(*std::move(attestation));
    return absl::OkStatus();
  }
  absl::StatusOr<Op> op = ReadOp(tag, reader);
  if (!op.ok()) return op.status();
  if (!into->steps.empty() && into->steps.back().op >= *op) {
    return Malformed("operations are not sorted");
  }
  const absl::StatusOr<size_t> result_bytes = ResultBytes(*op, message_bytes);
  if (!result_bytes.ok()) return result_bytes.status();
  absl::StatusOr<Timestamp> below = ReadTimestamp(*result_bytes, depth + 1, reader);
  if (!below.ok()) return below.status();
  into->steps.push_back({.op = *std::move(op), .below = *std::move(below)});
  return absl::OkStatus();
}

absl::StatusOr<Timestamp> ReadTimestamp(size_t message_bytes, size_t depth, Reader* reader) {
  if (depth >= kMaxPathNodes) return TooDeep();
  Timestamp timestamp;
  for (;;) {
    absl::StatusOr<uint8_t> tag = reader->Byte();
    if (!tag.ok()) return tag.status();
    const bool more = *tag == kMoreTag;
    if (more) tag = reader->Byte();
    if (!tag.ok()) return tag.status();
    const absl::Status read = ReadItem(*tag, message_bytes, depth, reader, &timestamp);
    if (!read.ok()) return read;
    if (!more) return timestamp;
  }
}

absl::StatusOr<Timestamp> ReadWhole(size_t message_bytes, Reader* reader) {
  absl::StatusOr<Timestamp> timestamp = ReadTimestamp(message_bytes, 0, reader);
  if (timestamp.ok() && !reader->done()) return Malformed("bytes behind its end");
  return timestamp;
}

void AppendAttestation(const Attestation& attestation, std::string* out) {
  out->push_back(static_cast<char>(kAttestationTag));
  absl::StrAppend(out, attestation.tag());
  AppendCounted(attestation.payload(), out);
}

void AppendTimestamp(const Timestamp& timestamp, std::string* out) {
  size_t items = timestamp.attestations.size() + timestamp.steps.size();
  const auto begin_item = [&items, out] {
    if (--items > 0) out->push_back(static_cast<char>(kMoreTag));
  };
  for (const Attestation& attestation : timestamp.attestations) {
    begin_item();
    AppendAttestation(attestation, out);
  }
  for (const Step& step : timestamp.steps) {
    begin_item();
    out->push_back(static_cast<char>(step.op.code));
    if (TakesArgument(step.op.code)) AppendCounted(step.op.argument, out);
    AppendTimestamp(step.below, out);
  }
}

absl::Status CheckSize(absl::string_view bytes) {
  if (bytes.size() <= kMaxFileBytes) return absl::OkStatus();
  return Malformed(absl::StrCat(bytes.size(), " bytes, more than ", kMaxFileBytes));
}

// Before the tree is walked to be written: that recursion relies on it.
bool IsTooDeep(const Timestamp& timestamp, size_t depth = 0) {
  if (depth >= kMaxPathNodes) return true;
  return std::any_of(timestamp.steps.begin(), timestamp.steps.end(),
                     [depth](const Step& step) { return IsTooDeep(step.below, depth + 1); });
}

}  // namespace

absl::StatusOr<Attestation> Attestation::Create(absl::string_view tag, absl::string_view payload) {
  if (tag.size() != kTagBytes) return Malformed("an attestation's tag is not 8 bytes long");
  if (payload.size() > kMaxPayloadBytes) return Malformed("an attestation's payload is too long");
  Attestation made;
  made.kind_ = KindOf(tag);
  made.tag_ = std::string(tag);
  made.payload_ = std::string(payload);
  if (made.kind_ == AttestationKind::kUnknown) return made;
  Reader reader(payload);
  if (made.kind_ == AttestationKind::kPending) {
    const absl::StatusOr<absl::string_view> uri = reader.Counted(0, kMaxUriBytes);
    if (!uri.ok()) return uri.status();
    if (!std::all_of(uri->begin(), uri->end(), IsUriByte)) {
      return Malformed("a URI with a byte that is not allowed");
    }
    made.uri_ = std::string(*uri);
  } else {
    const absl::StatusOr<uint64_t> height = reader.Integer();
    if (!height.ok()) return height.status();
    made.height_ = *height;
  }
  if (!reader.done()) return Malformed("bytes behind an attestation's end");
  return made;
}

absl::StatusOr<Attestation> Attestation::Pending(absl::string_view uri) {
  std::string payload;
  AppendCounted(uri, &payload);
  return Create(kPendingTag, payload);
}

Attestation Attestation::Bitcoin(uint64_t height) {
  Attestation made;
  made.kind_ = AttestationKind::kBitcoin;
  made.tag_ = std::string(kBitcoinTag);
  AppendInteger(height, &made.payload_);
  made.height_ = height;
  return made;
}

std::strong_ordering operator<=>(const Attestation& a, const Attestation& b) {
  if (const auto order = a.tag_ <=> b.tag_; order != 0) return order;
  switch (a.kind_) {
    case AttestationKind::kPending:
      return a.uri_ <=> b.uri_;
    case AttestationKind::kUnknown:
      return a.payload_ <=> b.payload_;
    default:
      return a.height_ <=> b.height_;
  }
}

absl::StatusOr<File> Parse(absl::string_view bytes) {
  if (const absl::Status size = CheckSize(bytes); !size.ok()) return size;
  Reader reader(bytes);
  const absl::StatusOr<absl::string_view> magic = reader.Bytes(kMagic.size());
  if (!magic.ok() || *magic != kMagic) return Malformed("does not begin like one");
  const absl::StatusOr<uint8_t> version = reader.Byte();
  if (!version.ok()) return version.status();
  if (*version != kVersion) return Malformed("not of version 1");
  const absl::StatusOr<uint8_t> digest_op = reader.Byte();
  if (!digest_op.ok()) return digest_op.status();
  File file{.digest_op = static_cast<OpCode>(*digest_op)};
  if (!IsFileDigest(file.digest_op)) {
    return Malformed(
        absl::StrCat("its file's digest is made by 0x", absl::Hex(*digest_op, absl::kZeroPad2)));
  }
  const absl::StatusOr<absl::string_view> digest = reader.Bytes(DigestBytes(file.digest_op));
  if (!digest.ok()) return digest.status();
  file.digest = std::string(*digest);
  absl::StatusOr<Timestamp> timestamp = ReadWhole(digest->size(), &reader);
  if (!timestamp.ok()) return timestamp.status();
  file.timestamp = *std::move(timestamp);
  return file;
}

absl::StatusOr<std::string> Format(const File& file) {
  if (IsTooDeep(file.timestamp)) return TooDeep();
  std::string bytes(kMagic);
  bytes.push_back(kVersion);
  bytes.push_back(static_cast<char>(file.digest_op));
  absl::StrAppend(&bytes, file.digest);
  AppendTimestamp(file.timestamp, &bytes);
  // One list of rules instead of two that have to agree.
  const absl::StatusOr<File> readable = Parse(bytes);
  if (!readable.ok()) return readable.status();
  return bytes;
}

absl::StatusOr<Timestamp> ParseTimestamp(absl::string_view bytes, absl::string_view message) {
  if (const absl::Status size = CheckSize(bytes); !size.ok()) return size;
  Reader reader(bytes);
  return ReadWhole(message.size(), &reader);
}

absl::StatusOr<std::string> FormatTimestamp(const Timestamp& timestamp, absl::string_view message) {
  if (IsTooDeep(timestamp)) return TooDeep();
  std::string bytes;
  AppendTimestamp(timestamp, &bytes);
  const absl::StatusOr<Timestamp> readable = ParseTimestamp(bytes, message);
  if (!readable.ok()) return readable.status();
  return bytes;
}

}  // namespace cairn::evidence::ots
