// Which checkpoint the log stands by before the world: the newest that met the witness policy or,
// where there is no policy, the newest.
//
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_PUBLICATION_H_
#define CAIRN_LEDGER_SERVER_PUBLICATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/log.h"
#include "merkle/types.h"

namespace cairn::server {

// A published checkpoint: the note with all its signatures.
struct Published {
  TreeSize size;
  std::string note;
};

class Publication {
 public:
  using Newest = std::shared_ptr<const Published>;
  using Done = std::function<void(absl::StatusOr<Newest>)>;
  // Names a wait that has not ended; 0 names none.
  using WaitId = uint64_t;

  virtual ~Publication() = default;

  // Null while nothing has been published. Sizes only grow.
  virtual Newest newest() const = 0;

  // Whether the policy lets appends in: kUnavailable, with the reason, before the witnesses have
  // confirmed the tree after a start, and when publishing has failed for too long.
  virtual absl::Status CanAppend() const = 0;

  // Whether anything is ever cosigned: kFailedPrecondition without a policy.
  virtual absl::Status CanWait() const = 0;
  // Calls `done` once, when a tree of at least `size` is published (inline, when it is already) or
  // when publishing ends (kUnavailable). As CanWait, or kResourceExhausted when too many wait:
  // `done` is not called then.
  virtual absl::StatusOr<WaitId> Wait(TreeSize size, Done done) = 0;
  // Nobody waits any more: `done` may still be running, but is not called after.
  virtual void Forget(WaitId id) = 0;

  // As Log::Subscribe, of what is published.
  virtual std::shared_ptr<void> Subscribe(std::function<void(const Newest&)> listener) = 0;

  // Ends all waits. Idempotent.
  virtual void Stop() = 0;
};

// Without a policy. Borrows the log. `can_append` is asked before each append, from any thread.
std::unique_ptr<Publication> PublishAll(ledger::Log& log, std::function<absl::Status()> can_append);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_PUBLICATION_H_
