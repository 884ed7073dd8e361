// Brings the log's certifiers up to what the configuration says, by certifier entries.
//
// Errors: as CertifierChanges (ledger/certifier_changes.h), which decides what changes, and the
// log's.

#ifndef CAIRN_LEDGER_SERVER_DECLARE_H_
#define CAIRN_LEDGER_SERVER_DECLARE_H_

#include <vector>

#include "absl/status/status.h"
#include "ledger/log.h"
#include "ledger/server/settings.h"

namespace cairn::server {

// Blocks until the entries are durable. Call before anything is served. Certifiers that may write
// but are not configured are warned about: they stay as they are until they are said to be retired.
absl::Status DeclareCertifiers(ledger::Log& log, const std::vector<CertifierSettings>& certifiers);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_DECLARE_H_
