#include "witness/server/misbehaviour_file.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "merkle/hash.h"
#include "witness/server/files.h"

namespace cairn::server {

absl::StatusOr<std::string> WriteMisbehaviour(const std::string& directory,
                                              absl::string_view origin,
                                              const note::Misbehaviour& misbehaviour) {
  const absl::StatusOr<std::string> bytes = note::FormatMisbehaviour(misbehaviour);
  if (!bytes.ok()) return bytes.status();
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return absl::InternalError(absl::StrCat("cannot make ", directory, ": ", error.message()));
  }
  const std::string path =
      absl::StrCat(directory, "/", merkle::Sha256(origin).Hex().substr(0, 16), ".misbehaviour");
  const absl::Status made = MakeFile(path, *bytes);
  if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
  return path;
}

}  // namespace cairn::server
