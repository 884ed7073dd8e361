// What became of one statement of a batch, and of the batch.

#ifndef CAIRN_LEDGER_APPEND_RESULT_H_
#define CAIRN_LEDGER_APPEND_RESULT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "ledger/view.h"
#include "merkle/types.h"

namespace cairn::ledger {

// What became of one statement.
struct ItemResult {
  // OK: in the tree at `index` (new, or the same statement again: `duplicate`).
  // kAlreadyExists: another statement stands on (certifier, hash, trace).
  // kFailedPrecondition: `supersedes` does not name the latest entry, or the certifier has as many
  // statements on the hash as a log takes (ledger/dedup.h).
  // kPermissionDenied: submitted with `must_exist` and not there.
  // A certifier entry that the registry refuses has that error (merkle/entry/certifiers.h).
  absl::Status status;
  LeafIndex index;  // where `status` is OK
  bool duplicate = false;
  // With kAlreadyExists and kFailedPrecondition: the latest entry that stands on (certifier, hash,
  // trace), if there is one.
  std::optional<LeafIndex> latest = std::nullopt;
};

struct AppendResult {
  // OK: `items` has one result per statement, and `view` is a signed tree that holds them.
  // kResourceExhausted: queue full or disk nearly full; nothing was taken; try again later.
  // kInvalidArgument: an empty batch or one larger than a commit or the queue. Nothing was taken.
  // kUnavailable: the log is stopping or has stopped; whether the batch was taken is unknown, and
  //   sending it again is safe. kDataLoss: the log found damage and signs no more.
  // kCancelled: it was withdrawn; nothing was taken.
  // kFailedPrecondition: the wall clock ran away from steady time; see the message.
  absl::Status status;
  std::vector<ItemResult> items;
  std::shared_ptr<const View> view;
};

using AppendCallback = std::function<void(AppendResult)>;

// Names a batch in the queue; never given twice in the life of a log.
enum class Ticket : uint64_t { kNone = 0 };

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_APPEND_RESULT_H_
