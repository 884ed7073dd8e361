// What findings mean for a log, and what its operator should do.

#ifndef CAIRN_LEDGER_CHECK_ADVICE_H_
#define CAIRN_LEDGER_CHECK_ADVICE_H_

#include <string>

#include "ledger/check/findings.h"

namespace cairn::ledger {

// One or more sentences; empty without findings. `entries_lead_to_state`: all entries are there and
// have the root that the state row says.
std::string AdviceFor(const Findings& findings, bool entries_lead_to_state);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_CHECK_ADVICE_H_
