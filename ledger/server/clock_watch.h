// Tells the operator when a clock outside and the one here begin and cease to be apart.
//
// Threads: one at a time.

#ifndef CAIRN_LEDGER_SERVER_CLOCK_WATCH_H_
#define CAIRN_LEDGER_SERVER_CLOCK_WATCH_H_

#include <set>
#include <string>
#include <vector>

#include "ledger/server/outside_clocks.h"

namespace cairn::server {

class ClockWatch {
 public:
  // A line for each source that has changed. One that is apart is so until it is well within a
  // minute: what sways about the limit is one line.
  void Look(const std::vector<OutsideClocks::Skew>& skews);

 private:
  std::set<std::string> apart_;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_CLOCK_WATCH_H_
