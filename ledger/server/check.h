// `cairnd --check`: what a start would do, found out without doing it.
//
// Nothing is made, bound, signed or changed; an existing log is opened read-only, which keeps a
// cairnd from opening it meanwhile. Witnesses and anchors are not asked.

#ifndef CAIRN_LEDGER_SERVER_CHECK_H_
#define CAIRN_LEDGER_SERVER_CHECK_H_

#include "absl/status/status.h"
#include "ledger/server/settings.h"

namespace cairn::server {

// Prints what it finds to stdout and returns the exit code: 0 it would start, 2 it would not, 3
// that could not be found out, such as where a running cairnd has the log.
int CheckAndSay(const Settings& settings, bool json);

// The same where the configuration could not even be read.
int SayUnreadable(const absl::Status& why, bool json);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_CHECK_H_
