// GET /metrics: all metrics as of now, in Prometheus's text format (version 0.0.4).
//
// Cost: a few hundred lines; some reads of /proc and counters, no disk.
// Threads: any.

#ifndef CAIRN_LEDGER_SERVER_SCRAPE_H_
#define CAIRN_LEDGER_SERVER_SCRAPE_H_

#include <functional>
#include <string>

#include "anchor/anchorer.h"
#include "ledger/log.h"
#include "ledger/rocksdb/store.h"
#include "ledger/server/context.h"
#include "ledger/server/outside_clocks.h"

namespace cairn::server {

inline constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";

// Where what is not counted in Metrics stands. Borrowed.
struct ScrapeSources {
  const Context& context;
  ledger::RocksDbStore& store;
  uint64_t free_space_reserve_bytes = 0;
  std::function<size_t()> http_connections;
  // Whether /readyz says yes.
  std::function<bool()> ready;
  // Null: there are no anchors.
  anchor::Anchorer* anchorer = nullptr;
  const OutsideClocks& clocks;
};

std::string Scrape(const ScrapeSources& sources);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_SCRAPE_H_
