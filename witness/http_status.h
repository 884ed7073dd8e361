// What a witness's answers are called in HTTP.
//
// Source: C2SP tlog-witness; 429 is what witnesses in the field answer when they have too much to
//   do.

#ifndef CAIRN_WITNESS_HTTP_STATUS_H_
#define CAIRN_WITNESS_HTTP_STATUS_H_

#include "absl/status/status.h"

namespace cairn::witness {

// Of Cosigner::Add.
inline unsigned HttpStatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kFailedPrecondition:
      return 422;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_HTTP_STATUS_H_
