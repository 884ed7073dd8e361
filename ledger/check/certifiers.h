// The certifiers of a log that nobody writes, by its own list of the entries that change them.
//
// Errors: kDataLoss where that list or an entry on it is damaged; those of the source. Entries are
//   not compared with the tree: check.h does that.
// Cost: one run a certifier entry.

#ifndef CAIRN_LEDGER_CHECK_CERTIFIERS_H_
#define CAIRN_LEDGER_CHECK_CERTIFIERS_H_

#include "absl/status/statusor.h"
#include "ledger/check/source.h"
#include "merkle/entry/certifiers.h"

namespace cairn::ledger {

absl::StatusOr<entry::CertifierRegistry> ReadCertifiers(CheckSource& source);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_CHECK_CERTIFIERS_H_
