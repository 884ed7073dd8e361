// Why an address could not be connected to, found out by connecting once more without gRPC.
//
// Threads: any. Cost: looks the name up, connects up to three times, and waits up to `patience` for
//   each step; what is sent is no request.

#ifndef CAIRN_TOOLS_CAIRN_DIAGNOSIS_H_
#define CAIRN_TOOLS_CAIRN_DIAGNOSIS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tools/cairn/address.h"

namespace cairn::cli {

// kUnavailable with a code of error_code.h and a sentence of what to do. `shown` is the address as
// the user wrote it, `grpc_says` what gRPC made of it. OK where nothing is wrong any more.
absl::Status Diagnose(const HostPort& address, absl::string_view shown, bool tls,
                      absl::string_view grpc_says, absl::Duration patience);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_DIAGNOSIS_H_
