// The calls that stay open: bounds their number, tells them that the server is stopping, and waits
// for their end.
//
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_STREAMS_H_
#define CAIRN_LEDGER_SERVER_STREAMS_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"

namespace cairn::server {

class Drainable {
 public:
  virtual ~Drainable() = default;
  // Finish what is in flight and end. Called at most once; must not block.
  virtual void OnDrain() = 0;
};

class Streams {
 public:
  explicit Streams(size_t max) : max_(max) {}

  // A stream holds its place until it is gone. Outlived by this.
  using Place = std::shared_ptr<void>;
  // kResourceExhausted with RetryInfo when all places are taken.
  absl::StatusOr<Place> Enter();

  // Tells `stream` when draining begins, or at once when it has begun.
  void Add(std::weak_ptr<Drainable> stream);
  void Drain();

  size_t open() const;

  // Waits until no place is held.
  void AwaitNone(std::chrono::seconds at_most);

 private:
  void Leave();

  const size_t max_;
  mutable std::mutex mutex_;
  std::condition_variable left_;
  size_t open_ = 0;
  bool draining_ = false;
  // Streams that are gone are dropped whenever the list has doubled.
  std::vector<std::weak_ptr<Drainable>> streams_;
  size_t prune_at_ = 16;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_STREAMS_H_
