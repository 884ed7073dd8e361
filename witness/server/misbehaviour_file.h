// Misbehaviour files, for people to find and publish.

#ifndef CAIRN_WITNESS_SERVER_MISBEHAVIOUR_FILE_H_
#define CAIRN_WITNESS_SERVER_MISBEHAVIOUR_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/note/misbehaviour.h"

namespace cairn::server {

// Writes DIRECTORY/<hex of SHA-256 of the origin, 16 digits>.misbehaviour, durably, and returns its
// path; a file that is there stays as it is: one proof convicts a log, and one that goes on does
// not fill a disk. Makes the directory.
absl::StatusOr<std::string> WriteMisbehaviour(const std::string& directory,
                                              absl::string_view origin,
                                              const note::Misbehaviour& misbehaviour);

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_MISBEHAVIOUR_FILE_H_
