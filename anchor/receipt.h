// How far one anchor has come with one round's note.
//
// Shape of the life, in arrows; there are no others:
//
//   prepared -> submitted -> accepted -> confirmed(n) -> final
//        any but final -> failed       -> submitted
//   submitted .. final -> reorganised  -> failed | submitted
//
//   confirmed(n) -> confirmed(m) is a change of the number, and no arrow. An error never takes a
//   final receipt back: only the system itself does, by a reorganisation, and then `was_final`
//   stays for ever.
// Errors: kFailedPrecondition for an arrow that does not exist; kInvalidArgument for an answer that
//   contradicts itself.
// Threads: values and pure functions.

#ifndef CAIRN_ANCHOR_RECEIPT_H_
#define CAIRN_ANCHOR_RECEIPT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/backend.h"
#include "merkle/hash.h"
#include "merkle/types.h"

namespace cairn::anchor {

// No request and no native receipt is longer.
inline constexpr size_t kMaxReceiptBytes = size_t{1} << 20;

// Where the request is. Persistent: never renumber.
enum class Sending : uint8_t {
  kIdle = 1,  // Not under way: never sent, or the last try failed.
  kInFlight =
      2,       // Being sent. Read back at a start, it may have been sent: once more, and counted.
  kTaken = 3,  // The system answered that it has it: polled from here on.
};

// What changes often, without the bytes.
struct ReceiptHead {
  uint64_t round = 0;
  std::string anchor = {};  // The configured name; see IsAnchorName.
  std::string kind = {};    // The backend's.
  Hash digest = {};         // The round's.
  TreeSize size = {};       // The round's.
  ReceiptState state = ReceiptState::kPrepared;
  Sending sending = Sending::kIdle;
  bool was_final = false;
  // Given up: never sent or polled again.
  bool closed = false;
  uint64_t confirmations = 0;
  std::optional<uint64_t> existed_by_s = std::nullopt;
  // Since when it waits to be accepted: prepared then, or fallen.
  uint64_t waiting_since_ms = 0;
  uint64_t changed_at_ms = 0;
  // Requests that were sent, and those of them that a crash may have made superfluous.
  uint32_t attempts = 0;
  uint32_t extra_requests = 0;
  // Where the log has an entry of kind 3 about it.
  std::optional<LeafIndex> logged_at = std::nullopt;
  std::string last_error = {};  // Empty after a success.
  std::string detail = {};      // A line for people, by the backend.
  friend bool operator==(const ReceiptHead&, const ReceiptHead&) = default;
};

struct ReceiptBytes {
  std::string request = {};
  std::string native = {};  // Empty while there is none.
  friend bool operator==(const ReceiptBytes&, const ReceiptBytes&) = default;
};

// 1-64 of A-Za-z0-9._:-, as entries of kind 3 name a backend.
bool IsAnchorName(absl::string_view name);

// "prepared", "submitted", ...
absl::string_view StateName(ReceiptState state);

// Accepted, confirmed or final.
bool IsAccepted(ReceiptState state);

// Whether the arrow exists. False for equal states.
bool MayMove(ReceiptState from, ReceiptState to);

// Moves along one arrow. What the new state takes away goes with it: a failed, reorganised or
// submitted receipt has no confirmations, no time and no entry in the log.
absl::Status Move(ReceiptState to, ReceiptHead& head);

// The arrows from `from` to where an answer says that the receipt is, in order; empty when it is
// there. Systems answer late and skip stages (a time-stamp token is final at once), so that an
// answer can be several arrows; one that lies below the state is a reorganisation first.
// Requires `from` to be submitted or better. kInvalidArgument for an answer that is prepared or
// failed, accepted without a receipt, or longer than kMaxReceiptBytes.
absl::StatusOr<std::vector<ReceiptState>> ArrowsTo(ReceiptState from, const Progress& progress);

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_RECEIPT_H_
