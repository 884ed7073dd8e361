// Files as the client reads and writes them.
//
// Errors: kNotFound, kPermissionDenied, kAlreadyExists or kInternal as the system says, with the
//   path, where that is kInternal with the code cannot_read or cannot_write (error_code.h);
//   kResourceExhausted only for a file over the cap. kInvalidArgument never: it is a file's
//   contents that are refused with it.
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_FILE_H_
#define CAIRN_TOOLS_CAIRN_FILE_H_

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"

namespace cairn::cli {

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

// kPermissionDenied for a file that others than its owner may use.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path, size_t max_bytes);

// Hands out a file of any size piece by piece, until `take` has had enough and returns false.
absl::Status ReadPieces(const std::string& path,
                        const std::function<bool(absl::string_view)>& take);

// SHA-256 of a file of any size, read in pieces.
absl::StatusOr<Hash> HashFile(const std::string& path);

// Bytes in a file. Follows links; refuses what is no regular file.
absl::StatusOr<size_t> FileSize(const std::string& path);

// Creates `path` with this mode and never touches what is there (kAlreadyExists). Whoever looks at
// `path`, also after a crash, finds nothing or all of the bytes; when this returns OK they are on
// disk. On a file system that has neither hard links nor renames that replace nothing, a crash may
// also leave an empty file there.
absl::Status CreateFile(const std::string& path, absl::string_view bytes, mode_t mode);

// Whether CreateFile works in this directory, which is there: a file of some size is made, synced,
// named and removed again.
absl::Status TryDirectory(const std::string& directory);

// Puts `bytes` in the place of the file that is there, whose mode and owner stay; a link stays one.
// Whoever looks at `path`, also after a crash, finds the old bytes or the new ones, whole; when
// this returns OK the new ones are on disk. Needs a directory that may be written to.
absl::Status ReplaceFile(const std::string& path, absl::string_view bytes);

// The directory and those above it, where missing, on disk when this returns OK.
absl::Status MakeDirectories(std::string path, mode_t mode = 0777);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_FILE_H_
