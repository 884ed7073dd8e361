#include "witness/server/audit_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "witness/server/files.h"

namespace cairn::server {
namespace {

// A state with its certifiers and a note of the largest kind.
constexpr size_t kMaxStateBytes = size_t{64} << 20;

absl::Status Failed(absl::string_view what, const std::string& directory) {
  return absl::InternalError(absl::StrCat("cannot ", what, " ", directory, "/fingerprints: ",
                                          absl::ErrnoToStatus(errno, "").message()));
}

}  // namespace

absl::StatusOr<std::string> DirectoryLogSource::Read(const std::string& path, size_t max_bytes) {
  const std::string file = absl::StrCat(directory_, "/", path);
  absl::StatusOr<std::string> bytes = ReadWholeFile(file, max_bytes);
  if (bytes.ok() || absl::IsNotFound(bytes.status())) return bytes;
  if (absl::IsInvalidArgument(bytes.status())) {
    return absl::ResourceExhaustedError(bytes.status().message());
  }
  return absl::UnavailableError(bytes.status().message());
}

absl::StatusOr<std::unique_ptr<FileAuditStore>> FileAuditStore::Open(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return absl::InternalError(absl::StrCat("cannot make ", directory, ": ", error.message()));
  }
  const std::string file = directory + "/fingerprints";
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return Failed("open", directory);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return absl::UnavailableError(
        absl::StrCat("another process audits with the state in ", directory));
  }
  return std::unique_ptr<FileAuditStore>(new FileAuditStore(directory, fd));
}

FileAuditStore::~FileAuditStore() { close(fingerprints_); }

absl::StatusOr<std::optional<std::string>> FileAuditStore::ReadState() {
  absl::StatusOr<std::string> state = ReadWholeFile(directory_ + "/state", kMaxStateBytes);
  if (absl::IsNotFound(state.status())) return std::optional<std::string>();
  if (!state.ok()) return absl::InternalError(state.status().message());
  return *std::move(state);
}

absl::Status FileAuditStore::WriteState(absl::string_view state) {
  // Before the state that counts them.
  if (fdatasync(fingerprints_) != 0) return Failed("sync", directory_);
  const absl::Status replaced = ReplaceFile(directory_ + "/state", state);
  return replaced.ok() ? replaced : absl::InternalError(replaced.message());
}

absl::Status FileAuditStore::PutFingerprints(LeafIndex from, absl::Span<const uint64_t> numbers) {
  const char* bytes = reinterpret_cast<const char*>(numbers.data());
  size_t left = numbers.size() * sizeof(uint64_t);
  auto at = static_cast<off_t>(from.value() * sizeof(uint64_t));
  while (left > 0) {
    const ssize_t wrote = pwrite(fingerprints_, bytes, left, at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return Failed("write", directory_);
    bytes += wrote;
    left -= wrote;
    at += wrote;
  }
  return absl::OkStatus();
}

absl::Status FileAuditStore::GetFingerprints(LeafIndex from, absl::Span<uint64_t> numbers) {
  char* bytes = reinterpret_cast<char*>(numbers.data());
  size_t left = numbers.size() * sizeof(uint64_t);
  auto at = static_cast<off_t>(from.value() * sizeof(uint64_t));
  while (left > 0) {
    const ssize_t got = pread(fingerprints_, bytes, left, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read", directory_);
    if (got == 0) {
      return absl::InternalError(absl::StrCat(directory_, "/fingerprints is shorter than ",
                                              directory_,
                                              "/state says; begin anew with an empty directory"));
    }
    bytes += got;
    left -= got;
    at += got;
  }
  return absl::OkStatus();
}

}  // namespace cairn::server
