// Who wants to hear of each new signed tree.
//
// Threads: all calls from any. Call holds a lock while it calls: a listener neither subscribes nor
//   drops its own handle.

#ifndef CAIRN_LEDGER_LISTENERS_H_
#define CAIRN_LEDGER_LISTENERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "ledger/view.h"

namespace cairn::ledger {

class Listeners {
 public:
  using Listener = std::function<void(const std::shared_ptr<const View>&)>;

  // The handle ends the subscription when it is destroyed, after which no call is running or will
  // come. It may outlive this object.
  std::shared_ptr<void> Add(Listener listener);

  void Call(const std::shared_ptr<const View>& view) const;

 private:
  struct List {
    std::mutex mutex;
    uint64_t next_id = 0;
    std::map<uint64_t, Listener> listeners;
  };

  // Shared with the handles.
  const std::shared_ptr<List> list_ = std::make_shared<List>();
};

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_LISTENERS_H_
