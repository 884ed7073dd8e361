// One of each row, with every member set.

#ifndef CAIRN_ANCHOR_ROCKSDB_TESTING_SAMPLES_H_
#define CAIRN_ANCHOR_ROCKSDB_TESTING_SAMPLES_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "anchor/store.h"
#include "merkle/hash.h"

namespace cairn::anchor::testing {

inline Round SampleRound(uint64_t number, const std::string& note) {
  return {.head = {.number = number,
                   .size = TreeSize(10 * number),
                   .root = merkle::Sha256(absl::StrCat("root ", number)),
                   .digest = merkle::Sha256(note),
                   .frozen_at_ms = 1000 + number,
                   .witnessed = true},
          .note = note,
          .consistency = {merkle::Sha256("a"), merkle::Sha256("b")}};
}

inline ReceiptChange SampleReceipt(uint64_t round, const std::string& anchor) {
  return {.head = {.round = round,
                   .anchor = anchor,
                   .kind = "rfc3161",
                   .digest = merkle::Sha256("a note"),
                   .size = TreeSize(10 * round),
                   .state = ReceiptState::kConfirmed,
                   .sending = Sending::kTaken,
                   .was_final = true,
                   .closed = true,
                   .confirmations = 3,
                   .existed_by_s = 1'800'000'000,
                   .waiting_since_ms = 7,
                   .changed_at_ms = 8,
                   .attempts = 5,
                   .extra_requests = 1,
                   .logged_at = LeafIndex(77),
                   .last_error = "an error",
                   .detail = "a line"},
          .bytes = ReceiptBytes{.request = "request", .native = std::string("nat\0ive", 7)}};
}

inline RuleVersion SampleRule(uint32_t version) {
  return {.version = version,
          .from_round = 5,
          .rule = {.form = RuleForm::kSome,
                   .needed = 1,
                   .needs_witnesses = true,
                   .log_operator = "the log",
                   .anchors = {{"tsa", "an authority"}, {"btc", "Bitcoin"}}}};
}

inline Gap SampleGap(uint64_t number) {
  return {.number = number,
          .anchor = "tsa",
          .reason = GapReason::kBudgetSpent,
          .since_ms = 11,
          .until_ms = 12,
          .detail = "why"};
}

inline Event SampleEvent(uint64_t sequence) {
  return {.sequence = sequence,
          .at_ms = 13,
          .kind = EventKind::kReceiptMoved,
          .number = 3,
          .anchor = "tsa",
          .size = TreeSize(30),
          .from = ReceiptState::kFinal,
          .to = ReceiptState::kReorganised,
          .confirmations = 2,
          .existed_by_s = 14,
          .was_final = true,
          .detail = "gone"};
}

}  // namespace cairn::anchor::testing

#endif  // CAIRN_ANCHOR_ROCKSDB_TESTING_SAMPLES_H_
