// What every call handler works with. All of it outlives the calls.

#ifndef CAIRN_LEDGER_SERVER_CONTEXT_H_
#define CAIRN_LEDGER_SERVER_CONTEXT_H_

#include "ledger/log.h"
#include "ledger/server/admission.h"
#include "ledger/server/alarm.h"
#include "ledger/server/caller.h"
#include "ledger/server/limits.h"
#include "ledger/server/metrics.h"
#include "ledger/server/publication.h"
#include "ledger/server/streams.h"
#include "witness/server/workers.h"

namespace cairn::anchor {
class Waits;
}

namespace cairn::server {

struct Context {
  ledger::Log& log;
  const CallerDirectory& callers;
  const Admission& admission;
  Limiter& limiter;
  Workers& workers;
  Streams& streams;
  Alarm& alarm;
  Metrics& metrics;
  Publication& publication;
  anchor::Waits* anchor_waits;  // Null without anchors.
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_CONTEXT_H_
