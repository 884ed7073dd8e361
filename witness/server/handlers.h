// What a witness serves: POST /add-checkpoint, GET /<hex of SHA-256 of the origin>/checkpoint, and
// GET /healthz.
//
// Source: C2SP tlog-witness v1.0.0 and its next version as of 2026-07-06.
// Threads: handlers run on the HTTP server's, signatures are verified on the workers.

#ifndef CAIRN_WITNESS_SERVER_HANDLERS_H_
#define CAIRN_WITNESS_SERVER_HANDLERS_H_

#include "witness/cosigner.h"
#include "witness/http/routes.h"
#include "witness/server/workers.h"

namespace cairn::server {

// Borrows both.
void AddWitness(witness::Cosigner& cosigner, Workers& workers, http::Routes& routes);

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_HANDLERS_H_
