// Tells streams that would go on for ever that the server is stopping.
//
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_DRAIN_H_
#define CAIRN_LEDGER_SERVER_DRAIN_H_

#include <memory>
#include <mutex>
#include <vector>

namespace cairn::server {

class Drainable {
 public:
  virtual ~Drainable() = default;
  // Finish what is in flight and end. Called at most once; must not block.
  virtual void OnDrain() = 0;
};

class Drain {
 public:
  // Tells `stream` when draining begins, or at once when it has begun.
  void Add(std::weak_ptr<Drainable> stream);
  void Begin();

 private:
  std::mutex mutex_;
  bool begun_ = false;
  // Streams that are gone are dropped whenever the list has doubled.
  std::vector<std::weak_ptr<Drainable>> streams_;
  size_t prune_at_ = 16;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_DRAIN_H_
