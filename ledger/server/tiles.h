// The tree as anybody reads it over HTTP: /checkpoint, /tile/<L>/<N>[.p/<W>],
// /tile/entries/<N>[.p/<W>].
//
// Source: C2SP tlog-tiles (v1).
// Partial tiles and bundles of every width within the newest checkpoint are cut when they are asked
// for, also where the full one exists. Each resource has one path, and no query: else it would lie
// in caches twice.
// Answers: 200, with what never changes marked `immutable`; 304 for a checkpoint that is the one in
//   If-None-Match; 404 for what is not in the tree; 429 while too many reads wait; 500 for damage.
// Threads: handlers run on the HTTP server's, reads on the workers.

#ifndef CAIRN_LEDGER_SERVER_TILES_H_
#define CAIRN_LEDGER_SERVER_TILES_H_

#include "ledger/server/context.h"
#include "witness/http/routes.h"

namespace cairn::server {

// Borrows the context.
void AddTiles(const Context& context, http::Routes& routes);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_TILES_H_
