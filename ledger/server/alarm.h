// What the operator must hear of: damage that a call met.
//
// A call that is answered DATA_LOSS found stored bytes that contradict what was signed. The log
// signs no more from then on; the health service says NOT_SERVING, while sound reads go on.
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_ALARM_H_
#define CAIRN_LEDGER_SERVER_ALARM_H_

#include <functional>
#include <mutex>
#include <utility>

#include "absl/status/status.h"

namespace cairn::server {

class Alarm {
 public:
  // Calls `raise` with the first damage, also when it was noted before this call.
  void OnDamage(std::function<void(const absl::Status&)> raise);

  // To be told of every call's outcome; looks for kDataLoss only. Returns its argument.
  const absl::Status& Note(const absl::Status& status);

 private:
  std::mutex mutex_;
  absl::Status first_;
  std::function<void(const absl::Status&)> raise_;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_ALARM_H_
