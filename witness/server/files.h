// Small files, read, made and replaced as a whole.
//
// Errors, besides those named: what the system said, as absl::ErrnoToStatus translates it, with the
// file's name.

#ifndef CAIRN_WITNESS_SERVER_FILES_H_
#define CAIRN_WITNESS_SERVER_FILES_H_

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::server {

// kNotFound when there is none; kInvalidArgument when it is larger than `max_bytes` or no regular
// file; kPermissionDenied with `private_only`, when others may use it.
//
// Others may use it when its mode grants anything beyond its owner. One form is taken all the same,
// that in which orchestrators mount a secret for a process that is not its owner: of root,
// read-only (0440 at most), and of a group that this process is in. Links are followed.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes,
                                          bool private_only = false);

// Replaces the file so that after a crash it holds the old bytes or the new: written to `path`.new,
// synced, renamed, and the directory synced. It has this mode whatever the umask.
// No link is followed, neither at `path` nor at `path`.new: a link there gives way to the file, and
// what it leads to is not touched. So `path` may lie where others can write too; they can make it
// fail.
absl::Status ReplaceFile(const std::string& path, absl::string_view bytes, mode_t mode = 0600);

// Makes the file, as durable and with mode 0600, if there is none: else kAlreadyExists, also for a
// link that leads nowhere. Of many at once one succeeds.
absl::Status MakeFile(const std::string& path, absl::string_view bytes);

// From here on what this process makes is its owner's alone, whatever umask it was started with.
// Call before there are threads. Answers the mode for a file that others are meant to read, such as
// an address file: 0644, less what that umask took.
mode_t MakeFilesPrivate();

// What `chmod` a directory, or a file, wants so that only its owner may use it; empty when that is
// so, or when it cannot be looked at.
std::string SayWhoMayUse(const std::string& path);

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_FILES_H_
