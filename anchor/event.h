// What happened, in order: the history that watchers read from any place on.
//
// Every change of a round, a receipt, a gap or the rule is an event, written in one piece with the
// change. Sequence numbers rise by one from 1 and never come back.

#ifndef CAIRN_ANCHOR_EVENT_H_
#define CAIRN_ANCHOR_EVENT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "anchor/backend.h"
#include "merkle/types.h"

namespace cairn::anchor {

// Why no anchor covers what happened in a time. Persistent: never renumber.
enum class GapReason : uint8_t {
  kNothingPublished = 1,  // The log grew, and no checkpoint over that was published.
  kBackendDown = 2,
  kBudgetSpent = 3,  // The day's requests are used up.
  kTooManyOpen = 4,  // So many receipts wait to be accepted that no further one was begun.
  kNoProof = 5,      // A round could not be made of what was published.
};

struct Gap {
  uint64_t number = 0;      // From 1.
  std::string anchor = {};  // Empty: all of them.
  GapReason reason = GapReason::kBackendDown;
  uint64_t since_ms = 0;
  std::optional<uint64_t> until_ms = std::nullopt;  // Absent while it lasts.
  std::string detail = {};
  friend bool operator==(const Gap&, const Gap&) = default;
};

// Persistent: never renumber.
enum class EventKind : uint8_t {
  kRoundFrozen = 1,
  kReceiptMoved = 2,    // Along an arrow; or prepared, without `from`.
  kReceiptChanged = 3,  // Something else about it: confirmations, bytes, an error, its entry.
  kGapOpened = 4,
  kGapClosed = 5,
  kRuleChanged = 6,
};

struct Event {
  uint64_t sequence = 0;
  uint64_t at_ms = 0;
  EventKind kind = EventKind::kRoundFrozen;
  uint64_t number = 0;      // Of the round, the gap, or the rule's version.
  std::string anchor = {};  // Of a receipt or a gap.
  TreeSize size = {};       // Of the round.
  // Of a receipt, as it stood after the event.
  std::optional<ReceiptState> from = std::nullopt;
  std::optional<ReceiptState> to = std::nullopt;
  uint64_t confirmations = 0;
  std::optional<uint64_t> existed_by_s = std::nullopt;
  bool was_final = false;
  std::string detail = {};  // For people.
  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_EVENT_H_
