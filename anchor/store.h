// What anchoring keeps, apart from the log itself. Declared here, in the anchors' own words;
// anchor/rocksdb implements it.
//
// Errors, of every call: kDataLoss when stored bytes contradict themselves or each other,
// kUnavailable
//   or kInternal when the disk could not be read or written, kNotFound for what is not there. After
//   an error of Write it is unclear what of it is durable: the caller writes nothing more, and
//   reads everything back.
// Threads: Write by one thread at a time; reads from any, beside it.

#ifndef CAIRN_ANCHOR_STORE_H_
#define CAIRN_ANCHOR_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/event.h"
#include "anchor/receipt.h"
#include "anchor/round.h"
#include "anchor/rule.h"

namespace cairn::anchor {

// Requests that were sent on a day (days since 1970, UTC), the last that anything was sent on.
struct Spent {
  std::string anchor = {};
  uint64_t day = 0;
  uint64_t requests = 0;
  friend bool operator==(const Spent&, const Spent&) = default;
};

struct ReceiptChange {
  ReceiptHead head = {};
  // nullopt: those that are stored stay.
  std::optional<ReceiptBytes> bytes = std::nullopt;
};

// One write. What is there under a round's number, a receipt's place, a gap's number or an anchor's
// name is replaced.
struct Change {
  std::optional<Round> round = std::nullopt;
  std::optional<RuleVersion> rule = std::nullopt;
  std::optional<ReceiptChange> receipt = std::nullopt;
  std::optional<Gap> gap = std::nullopt;
  std::optional<Spent> spent = std::nullopt;
  std::vector<Event> events = {};
};

class Store {
 public:
  virtual ~Store() = default;

  // All or nothing, and durable (synced) once it returns OK.
  virtual absl::Status Write(const Change& change) = 0;

  // Reading back at a start. Each calls `each` in rising order (receipts: by round, then name) and
  // stops at its first error.
  virtual absl::Status ReadRounds(
      const std::function<absl::Status(const RoundHead& round)>& each) = 0;
  virtual absl::Status ReadReceipts(
      const std::function<absl::Status(const ReceiptHead& receipt)>& each) = 0;
  virtual absl::StatusOr<std::vector<RuleVersion>> ReadRules() = 0;
  virtual absl::StatusOr<std::vector<Gap>> ReadGaps() = 0;
  virtual absl::StatusOr<std::vector<Spent>> ReadSpent() = 0;
  // 0 when nothing ever happened.
  virtual absl::StatusOr<uint64_t> LastSequence() = 0;

  virtual absl::StatusOr<Round> ReadRound(uint64_t number) = 0;
  virtual absl::StatusOr<std::vector<ReceiptHead>> ReadReceiptsOf(uint64_t round) = 0;
  virtual absl::StatusOr<ReceiptHead> ReadReceipt(uint64_t round, absl::string_view anchor) = 0;
  virtual absl::StatusOr<ReceiptBytes> ReadBytes(uint64_t round, absl::string_view anchor) = 0;
  // At most `limit` events, from this sequence number on. Empty: there are none (yet).
  virtual absl::StatusOr<std::vector<Event>> ReadEvents(uint64_t from, size_t limit) = 0;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_STORE_H_
