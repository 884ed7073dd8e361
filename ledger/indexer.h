// The thread that moves full tables of the index into the store, off the commit path.
//
// Threads: WaitForRoom from one; the other calls from any.

#ifndef CAIRN_LEDGER_INDEXER_H_
#define CAIRN_LEDGER_INDEXER_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "ledger/hash_index.h"
#include "merkle/types.h"

namespace cairn::ledger {

class Indexer {
 public:
  // Calls `on_error`, once and on its own thread, when the store fails; it then does nothing more.
  // Borrows the index.
  Indexer(HashIndex* index, std::function<void(const absl::Status&)> on_error);
  // Requires Stop().
  ~Indexer() = default;

  // Entries up to here are durable.
  void Advance(TreeSize durable);

  // Waits until the index takes more rows, or Release().
  void WaitForRoom();

  // Lets WaitForRoom go for good, because nothing will be added any more.
  void Release();

  // Ends the thread, after the move that is under way. Idempotent for one caller.
  void Stop();

 private:
  void Run();

  HashIndex* const index_;
  const std::function<void(const absl::Status&)> on_error_;

  std::mutex mutex_;
  std::condition_variable advanced_;
  std::condition_variable moved_;
  TreeSize durable_;
  TreeSize seen_;
  bool released_ = false;
  bool stopping_ = false;
  // Last: starts with everything else in place.
  std::thread thread_;
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_INDEXER_H_
