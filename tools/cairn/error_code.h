// The codes of errors in --json: a closed list that programs may depend on, where messages may
// change. A status carries one along, or stands for the one of its own code.
//
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_ERROR_CODE_H_
#define CAIRN_TOOLS_CAIRN_ERROR_CODE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cairn::cli {

// Persistent. In the order of the README's table, which says what each means.
inline constexpr absl::string_view kErrorCodes[] = {
    "usage",
    "not_valid",
    "not_found",
    "already_exists",
    "permission_denied",
    "unauthenticated",
    "failed_precondition",
    "out_of_range",
    "over_limit",
    "not_supported",
    "nothing_listens",
    "name_not_resolved",
    "wants_tls",
    "wants_plain_text",
    "certificate_not_trusted",
    "not_a_log",
    "unavailable",
    "timed_out",
    "interrupted",
    "cannot_read",
    "cannot_write",
    "stdout_failed",
    "data_loss",
    "no",
    "unable",
};

// The same status with this code, which is one of the list.
absl::Status WithErrorCode(absl::Status status, absl::string_view code);

// Of a status that is not OK.
std::string ErrorCodeOf(const absl::Status& status);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_ERROR_CODE_H_
