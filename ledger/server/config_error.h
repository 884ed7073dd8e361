// What protobuf's text parser says of a configuration file, without the file's own words.
//
// The file may be another than the one that was meant: a key, say, whose line would stand in a log.
// So of what is quoted only the names of the configuration's own fields and messages are kept. A
// field that is misspelt is answered with the nearest one that there is.
// Threads: pure.

#ifndef CAIRN_LEDGER_SERVER_CONFIG_ERROR_H_
#define CAIRN_LEDGER_SERVER_CONFIG_ERROR_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cairn::server {

std::string ConfigError(absl::string_view message);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_CONFIG_ERROR_H_
