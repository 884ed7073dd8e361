// cairnd's command line.

#ifndef CAIRN_LEDGER_SERVER_FLAGS_H_
#define CAIRN_LEDGER_SERVER_FLAGS_H_

#include <variant>

#include "ledger/server/settings.h"

namespace cairn::server {

// The process is to end with this code; what there was to say has been printed.
struct Exit {
  int code;
};

// Help and version end with 0, anything that is not understood with 2; 3 where help could not be
// printed.
std::variant<Flags, Exit> ParseFlags(int argc, const char* const* argv);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_FLAGS_H_
