#include "tools/cairn/error_code.h"

#include "absl/algorithm/container.h"
#include "absl/strings/cord.h"

namespace cairn::cli {
namespace {

constexpr char kPayload[] = "cairn/error_code";

}  // namespace

absl::Status WithErrorCode(absl::Status status, absl::string_view code) {
  if (!status.ok()) status.SetPayload(kPayload, absl::Cord(code));
  return status;
}

std::string ErrorCodeOf(const absl::Status& status) {
  if (const auto given = status.GetPayload(kPayload); given.has_value()) {
    const std::string code(*given);
    if (absl::c_linear_search(kErrorCodes, code)) return code;
  }
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return "not_valid";
    case absl::StatusCode::kNotFound:
      return "not_found";
    case absl::StatusCode::kAlreadyExists:
      return "already_exists";
    case absl::StatusCode::kPermissionDenied:
      return "permission_denied";
    case absl::StatusCode::kUnauthenticated:
      return "unauthenticated";
    case absl::StatusCode::kFailedPrecondition:
      return "failed_precondition";
    case absl::StatusCode::kOutOfRange:
      return "out_of_range";
    case absl::StatusCode::kResourceExhausted:
      return "over_limit";
    case absl::StatusCode::kUnimplemented:
      return "not_supported";
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
      return "unavailable";
    case absl::StatusCode::kDeadlineExceeded:
      return "timed_out";
    case absl::StatusCode::kCancelled:
      return "interrupted";
    case absl::StatusCode::kDataLoss:
      return "data_loss";
    default:
      return "unable";
  }
}

}  // namespace cairn::cli
