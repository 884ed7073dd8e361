// Small files, read, made and replaced as a whole.
//
// Errors, besides those named: what the system said, as absl::ErrnoToStatus translates it, with the
// file's name.

#ifndef CAIRN_WITNESS_SERVER_FILES_H_
#define CAIRN_WITNESS_SERVER_FILES_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::server {

// kNotFound when there is none; kInvalidArgument when it is larger than `max_bytes` or no regular
// file; kPermissionDenied with `private_only`, when it can be read by others than its owner.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes,
                                          bool private_only = false);

// Replaces the file so that after a crash it holds the old bytes or the new: written beside,
// synced, renamed, and the directory synced.
absl::Status ReplaceFile(const std::string& path, absl::string_view bytes);

// Makes the file, as durable, if there is none: else kAlreadyExists. Of many at once one succeeds.
absl::Status MakeFile(const std::string& path, absl::string_view bytes);

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_FILES_H_
