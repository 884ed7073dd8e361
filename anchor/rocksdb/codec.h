// Rows of the anchors' database.
//
// Shape: docs/formats.md, "The anchors' database". Integers are big-endian; a text is u32 length ||
//   bytes; what can be absent is u8 0, or u8 1 and the value. Persistent.
// Errors of parsing: kDataLoss for anything that is not exactly one row: cut, with bytes behind it,
// or
//   with a value that does not exist. Format(Parse(bytes)) == bytes.
// Threads: pure.

#ifndef CAIRN_ANCHOR_ROCKSDB_CODEC_H_
#define CAIRN_ANCHOR_ROCKSDB_CODEC_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/event.h"
#include "anchor/receipt.h"
#include "anchor/round.h"
#include "anchor/rule.h"
#include "anchor/store.h"

namespace cairn::anchor::codec {

// What the key says is not in the value.
std::string FormatRoundHead(const RoundHead& round);
absl::StatusOr<RoundHead> ParseRoundHead(uint64_t number, absl::string_view bytes);

// The note and the proof.
std::string FormatRoundBody(const Round& round);
absl::StatusOr<Round> ParseRoundBody(const RoundHead& head, absl::string_view bytes);

std::string FormatReceiptHead(const ReceiptHead& receipt);
absl::StatusOr<ReceiptHead> ParseReceiptHead(uint64_t round, absl::string_view anchor,
                                             absl::string_view bytes);

std::string FormatReceiptBytes(const ReceiptBytes& bytes);
absl::StatusOr<ReceiptBytes> ParseReceiptBytes(absl::string_view bytes);

std::string FormatRule(const RuleVersion& rule);
absl::StatusOr<RuleVersion> ParseRule(uint32_t version, absl::string_view bytes);

std::string FormatGap(const Gap& gap);
absl::StatusOr<Gap> ParseGap(uint64_t number, absl::string_view bytes);

std::string FormatSpent(const Spent& spent);
absl::StatusOr<Spent> ParseSpent(absl::string_view anchor, absl::string_view bytes);

std::string FormatEvent(const Event& event);
absl::StatusOr<Event> ParseEvent(uint64_t sequence, absl::string_view bytes);

void AppendU64(uint64_t value, std::string& out);
// Requires 8 bytes.
uint64_t ReadU64(absl::string_view bytes);

}  // namespace cairn::anchor::codec

#endif  // CAIRN_ANCHOR_ROCKSDB_CODEC_H_
