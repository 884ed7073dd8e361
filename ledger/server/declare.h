// Brings the log's certifiers up to what the configuration says, by certifier entries.
//
// Errors: as CertifierChanges (ledger/certifier_changes.h), which decides what changes, and the
// log's.

#ifndef CAIRN_LEDGER_SERVER_DECLARE_H_
#define CAIRN_LEDGER_SERVER_DECLARE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/log.h"
#include "ledger/server/settings.h"
#include "merkle/entry/certifiers.h"
#include "merkle/entry/entry.h"

namespace cairn::server {

struct CertifierPlan {
  // In the order in which they are appended.
  std::vector<entry::CertifierEntry> changes;
  // Names with what the operator should know of them: who may write and is not configured, which
  // key is rotated by the operator's word alone, whose rotation signature is of no use.
  std::vector<std::pair<std::string, std::string>> warnings;
};

// What DeclareCertifiers would do, refused where it would be. Changes nothing.
absl::StatusOr<CertifierPlan> PlanCertifiers(const entry::CertifierRegistry& registry,
                                             const std::vector<CertifierSettings>& certifiers);

// Blocks until the entries are durable. Call before any append is taken, and when nothing is left
// that could keep the process from serving: entries are for ever.
absl::Status DeclareCertifiers(ledger::Log& log, const std::vector<CertifierSettings>& certifiers);

// "declare", "rotate", "retire".
std::string ActionName(entry::CertifierAction action);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_DECLARE_H_
