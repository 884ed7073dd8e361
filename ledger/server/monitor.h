// What is served over HTTP for those who watch over the server: /metrics, /healthz, /readyz.

#ifndef CAIRN_LEDGER_SERVER_MONITOR_H_
#define CAIRN_LEDGER_SERVER_MONITOR_H_

#include <atomic>

#include "absl/status/status.h"
#include "ledger/log.h"
#include "ledger/server/scrape.h"
#include "witness/http/routes.h"

namespace cairn::server {

// Whether the server serves, in the sense of /readyz. Appends may still be refused for a while (a
// full disk or queue, a clock that ran away): reads go on, and there is no other server to go to.
//
// Threads: any.
class Readiness {
 public:
  // Borrows the log.
  explicit Readiness(const ledger::Log& log) : log_(log) {}

  // The server is stopping.
  void Drain() { draining_.store(true); }

  // kUnavailable while draining; else what the log halted for.
  absl::Status Check() const;

 private:
  const ledger::Log& log_;
  std::atomic<bool> draining_{false};
};

// Borrows all that `sources` names, and the rest.
void AddMonitor(const ScrapeSources& sources, const Readiness& readiness, http::Routes& routes);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_MONITOR_H_
