#include "anchor/rocksdb/codec.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "merkle/hash.h"
#include "merkle/proof_bytes.h"
#include "merkle/types.h"

namespace cairn::anchor::codec {
namespace {

class Writer {
 public:
  Writer& U8(uint8_t value) {
    out_.push_back(static_cast<char>(value));
    return *this;
  }
  Writer& Flag(bool value) { return U8(value ? 1 : 0); }
  Writer& U32(uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) out_.push_back(static_cast<char>(value >> shift));
    return *this;
  }
  Writer& U64(uint64_t value) {
    AppendU64(value, out_);
    return *this;
  }
  Writer& Maybe(const std::optional<uint64_t>& value) {
    Flag(value.has_value());
    return value ? U64(*value) : *this;
  }
  Writer& Raw(const Hash& hash) {
    absl::StrAppend(&out_, hash.view());
    return *this;
  }
  Writer& Text(absl::string_view text) {
    U32(text.size());
    absl::StrAppend(&out_, text);
    return *this;
  }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

// Reads on after an error as if all were zero; Done says whether there was one.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : bytes_(bytes) {}

  uint64_t Integer(size_t size) {
    uint64_t value = 0;
    for (const char c : Bytes(size)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }
  uint8_t U8() { return Integer(1); }
  uint32_t U32() { return Integer(4); }
  uint64_t U64() { return Integer(8); }
  bool Flag() { return Enum<uint8_t>(0, 1) == 1; }
  template <typename E>
  E Enum(uint8_t least, uint8_t most) {
    const uint8_t value = U8();
    if (value < least || value > most) failed_ = true;
    return static_cast<E>(value);
  }
  std::optional<uint64_t> Maybe() {
    if (!Flag()) return std::nullopt;
    return U64();
  }
  Hash Raw() {
    const absl::StatusOr<Hash> hash = Hash::FromBytes(Bytes(Hash::kSize));
    return hash.ok() ? *hash : Hash();
  }
  std::string Text() { return std::string(Bytes(U32())); }
  void Refuse() { failed_ = true; }

  absl::Status Done(absl::string_view what) const {
    if (!failed_ && bytes_.empty()) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("a damaged row of the anchors' database: ", what));
  }

 private:
  absl::string_view Bytes(size_t size) {
    if (failed_ || size > bytes_.size()) {
      failed_ = true;
      return {};
    }
    const absl::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  absl::string_view bytes_;
  bool failed_ = false;
};

constexpr uint8_t kFirstState = static_cast<uint8_t>(ReceiptState::kPrepared);
constexpr uint8_t kLastState = static_cast<uint8_t>(ReceiptState::kReorganised);

uint8_t StateByte(const std::optional<ReceiptState>& state) {
  return state ? static_cast<uint8_t>(*state) : 0;
}

std::optional<ReceiptState> MaybeState(Reader& in) {
  const auto state = in.Enum<ReceiptState>(0, kLastState);
  if (static_cast<uint8_t>(state) == 0) return std::nullopt;
  return state;
}

template <typename T>
absl::StatusOr<T> Result(const Reader& in, absl::string_view what, T value) {
  if (absl::Status done = in.Done(what); !done.ok()) return done;
  return value;
}

}  // namespace

void AppendU64(uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

uint64_t ReadU64(absl::string_view bytes) { return Reader(bytes).U64(); }

std::string FormatRoundHead(const RoundHead& round) {
  return Writer()
      .U64(round.size.value())
      .Raw(round.root)
      .Raw(round.digest)
      .U64(round.frozen_at_ms)
      .Flag(round.witnessed)
      .Take();
}

absl::StatusOr<RoundHead> ParseRoundHead(uint64_t number, absl::string_view bytes) {
  Reader in(bytes);
  RoundHead round{.number = number};
  round.size = TreeSize(in.U64());
  round.root = in.Raw();
  round.digest = in.Raw();
  round.frozen_at_ms = in.U64();
  round.witnessed = in.Flag();
  return Result(in, absl::StrCat("round ", number), round);
}

std::string FormatRoundBody(const Round& round) {
  return Writer().Text(round.note).Text(merkle::FormatProof(round.consistency)).Take();
}

absl::StatusOr<Round> ParseRoundBody(const RoundHead& head, absl::string_view bytes) {
  Reader in(bytes);
  Round round{.head = head};
  round.note = in.Text();
  absl::StatusOr<merkle::Proof> proof = merkle::ParseProof(in.Text());
  if (proof.ok()) {
    round.consistency = *std::move(proof);
  } else {
    in.Refuse();
  }
  if (merkle::Sha256(round.note) != head.digest) in.Refuse();
  return Result(in, absl::StrCat("the note of round ", head.number), std::move(round));
}

std::string FormatReceiptHead(const ReceiptHead& receipt) {
  std::optional<uint64_t> logged;
  if (receipt.logged_at) logged = receipt.logged_at->value();
  return Writer()
      .Text(receipt.kind)
      .Raw(receipt.digest)
      .U64(receipt.size.value())
      .U8(static_cast<uint8_t>(receipt.state))
      .U8(static_cast<uint8_t>(receipt.sending))
      .Flag(receipt.was_final)
      .Flag(receipt.closed)
      .U64(receipt.confirmations)
      .Maybe(receipt.existed_by_s)
      .U64(receipt.waiting_since_ms)
      .U64(receipt.changed_at_ms)
      .U32(receipt.attempts)
      .U32(receipt.extra_requests)
      .Maybe(logged)
      .Text(receipt.last_error)
      .Text(receipt.detail)
      .Take();
}

absl::StatusOr<ReceiptHead> ParseReceiptHead(uint64_t round, absl::string_view anchor,
                                             absl::string_view bytes) {
  Reader in(bytes);
  ReceiptHead receipt{.round = round, .anchor = std::string(anchor)};
  receipt.kind = in.Text();
  receipt.digest = in.Raw();
  receipt.size = TreeSize(in.U64());
  receipt.state = in.Enum<ReceiptState>(kFirstState, kLastState);
  receipt.sending = in.Enum<Sending>(1, static_cast<uint8_t>(Sending::kTaken));
  receipt.was_final = in.Flag();
  receipt.closed = in.Flag();
  receipt.confirmations = in.U64();
  receipt.existed_by_s = in.Maybe();
  receipt.waiting_since_ms = in.U64();
  receipt.changed_at_ms = in.U64();
  receipt.attempts = in.U32();
  receipt.extra_requests = in.U32();
  if (const std::optional<uint64_t> logged = in.Maybe()) receipt.logged_at = LeafIndex(*logged);
  receipt.last_error = in.Text();
  receipt.detail = in.Text();
  if (!IsAnchorName(anchor)) in.Refuse();
  return Result(in, absl::StrCat("a receipt of round ", round), std::move(receipt));
}

std::string FormatReceiptBytes(const ReceiptBytes& bytes) {
  return Writer().Text(bytes.request).Text(bytes.native).Take();
}

absl::StatusOr<ReceiptBytes> ParseReceiptBytes(absl::string_view bytes) {
  Reader in(bytes);
  ReceiptBytes out;
  out.request = in.Text();
  out.native = in.Text();
  return Result(in, "a receipt's bytes", std::move(out));
}

std::string FormatRule(const RuleVersion& rule) {
  Writer out;
  out.U64(rule.from_round)
      .U8(static_cast<uint8_t>(rule.rule.form))
      .U32(rule.rule.needed)
      .Flag(rule.rule.needs_witnesses)
      .Text(rule.rule.log_operator)
      .U32(rule.rule.anchors.size());
  for (const RuleAnchor& anchor : rule.rule.anchors) {
    out.Text(anchor.name).Text(anchor.operated_by);
  }
  return out.Take();
}

absl::StatusOr<RuleVersion> ParseRule(uint32_t version, absl::string_view bytes) {
  Reader in(bytes);
  RuleVersion rule{.version = version};
  rule.from_round = in.U64();
  rule.rule.form = in.Enum<RuleForm>(1, static_cast<uint8_t>(RuleForm::kOperators));
  rule.rule.needed = in.U32();
  rule.rule.needs_witnesses = in.Flag();
  rule.rule.log_operator = in.Text();
  const uint32_t anchors = in.U32();
  if (anchors > kMaxRuleAnchors) in.Refuse();
  for (uint32_t i = 0; i < anchors && i < kMaxRuleAnchors; ++i) {
    RuleAnchor anchor;
    anchor.name = in.Text();
    anchor.operated_by = in.Text();
    rule.rule.anchors.push_back(std::move(anchor));
  }
  return Result(in, absl::StrCat("version ", version, " of the rule"), std::move(rule));
}

std::string FormatGap(const Gap& gap) {
  return Writer()
      .Text(gap.anchor)
      .U8(static_cast<uint8_t>(gap.reason))
      .U64(gap.since_ms)
      .Maybe(gap.until_ms)
      .Text(gap.detail)
      .Take();
}

absl::StatusOr<Gap> ParseGap(uint64_t number, absl::string_view bytes) {
  Reader in(bytes);
  Gap gap{.number = number};
  gap.anchor = in.Text();
  gap.reason = in.Enum<GapReason>(1, static_cast<uint8_t>(GapReason::kNoProof));
  gap.since_ms = in.U64();
  gap.until_ms = in.Maybe();
  gap.detail = in.Text();
  return Result(in, absl::StrCat("gap ", number), std::move(gap));
}

std::string FormatSpent(const Spent& spent) {
  return Writer().U64(spent.day).U64(spent.requests).Take();
}

absl::StatusOr<Spent> ParseSpent(absl::string_view anchor, absl::string_view bytes) {
  Reader in(bytes);
  Spent spent{.anchor = std::string(anchor)};
  spent.day = in.U64();
  spent.requests = in.U64();
  return Result(in, "what was spent", std::move(spent));
}

std::string FormatEvent(const Event& event) {
  return Writer()
      .U64(event.at_ms)
      .U8(static_cast<uint8_t>(event.kind))
      .U64(event.number)
      .Text(event.anchor)
      .U64(event.size.value())
      .U8(StateByte(event.from))
      .U8(StateByte(event.to))
      .U64(event.confirmations)
      .Maybe(event.existed_by_s)
      .Flag(event.was_final)
      .Text(event.detail)
      .Take();
}

absl::StatusOr<Event> ParseEvent(uint64_t sequence, absl::string_view bytes) {
  Reader in(bytes);
  Event event{.sequence = sequence};
  event.at_ms = in.U64();
  event.kind = in.Enum<EventKind>(1, static_cast<uint8_t>(EventKind::kRuleChanged));
  event.number = in.U64();
  event.anchor = in.Text();
  event.size = TreeSize(in.U64());
  event.from = MaybeState(in);
  event.to = MaybeState(in);
  event.confirmations = in.U64();
  event.existed_by_s = in.Maybe();
  event.was_final = in.Flag();
  event.detail = in.Text();
  return Result(in, absl::StrCat("event ", sequence), std::move(event));
}

}  // namespace cairn::anchor::codec
