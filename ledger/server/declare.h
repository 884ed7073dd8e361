// Brings the log's certifiers up to what the configuration says, by certifier entries.
//
// A name that the log does not know is declared; another key or demand rotates it; `retired`
// retires it. Durable when this returns OK. Errors: kFailedPrecondition, with what to do, when the
// configuration asks for what cannot be: a
//   retired name again, or silence about a certifier that still may write. Else the log's.

#ifndef CAIRN_LEDGER_SERVER_DECLARE_H_
#define CAIRN_LEDGER_SERVER_DECLARE_H_

#include <vector>

#include "absl/status/status.h"
#include "ledger/log.h"
#include "ledger/server/settings.h"

namespace cairn::server {

// Blocks until done. Call before anything is served.
absl::Status DeclareCertifiers(ledger::Log& log, const std::vector<CertifierSettings>& certifiers);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_DECLARE_H_
