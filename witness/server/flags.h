// cairn-witness's command line.

#ifndef CAIRN_WITNESS_SERVER_FLAGS_H_
#define CAIRN_WITNESS_SERVER_FLAGS_H_

#include "witness/server/daemon.h"

namespace cairn::server {

// -1, or the code with which the process is to end: 0 after help and version, 2 for what is not
// understood, 3 where help could not be printed. What there was to say has been printed.
int ParseFlags(int argc, const char* const* argv, WitnessSettings& settings);

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_FLAGS_H_
