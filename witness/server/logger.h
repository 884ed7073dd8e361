// Lines for the operator on stderr, in logfmt:
//   time=2026-01-31T12:00:00.000Z level=info msg="the log is open" size=12
// A value that is not plain is quoted, with C's escapes. docs/operations.md lists every `msg`,
// which says what happened in words that do not change; what does is in the fields.
//
// No line holds a secret, and nothing that a client can choose freely stands outside quotes.
// Threads: any; one line is one write.

#ifndef CAIRN_WITNESS_SERVER_LOGGER_H_
#define CAIRN_WITNESS_SERVER_LOGGER_H_

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace cairn::server {

using LogField = std::pair<absl::string_view, std::string>;

void LogInfo(absl::string_view message, std::initializer_list<LogField> fields = {});
void LogWarning(absl::string_view message, std::initializer_list<LogField> fields = {});
void LogError(absl::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_LOGGER_H_
