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
  return absl::InternalError(absl::StrCat("cannot ", what, " the files of the audit in ", directory,
                                          ": ", absl::ErrnoToStatus(errno, "").message()));
}

int OpenFile(const std::string& file) {
  return open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

absl::Status WriteAt(int fd, const std::string& directory, uint64_t from, absl::string_view bytes) {
  auto at = static_cast<off_t>(from);
  while (!bytes.empty()) {
    const ssize_t wrote = pwrite(fd, bytes.data(), bytes.size(), at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return Failed("write", directory);
    bytes.remove_prefix(wrote);
    at += wrote;
  }
  return absl::OkStatus();
}

absl::Status ReadAt(int fd, const std::string& directory, uint64_t from, absl::Span<char> bytes) {
  auto at = static_cast<off_t>(from);
  while (!bytes.empty()) {
    const ssize_t got = pread(fd, bytes.data(), bytes.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read", directory);
    if (got == 0) {
      return absl::InternalError(absl::StrCat("a file in ", directory, " is shorter than ",
                                              directory,
                                              "/state says; begin anew with an empty directory"));
    }
    bytes.remove_prefix(got);
    at += got;
  }
  return absl::OkStatus();
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
  const int fingerprints = OpenFile(directory + "/fingerprints");
  if (fingerprints < 0) return Failed("open", directory);
  if (flock(fingerprints, LOCK_EX | LOCK_NB) != 0) {
    close(fingerprints);
    return absl::UnavailableError(
        absl::StrCat("another process audits with the state in ", directory));
  }
  const int watched = OpenFile(directory + "/watched");
  if (watched < 0) {
    absl::Status failed = Failed("open", directory);
    close(fingerprints);
    return failed;
  }
  return std::unique_ptr<FileAuditStore>(new FileAuditStore(directory, fingerprints, watched));
}

FileAuditStore::~FileAuditStore() {
  close(watched_);
  close(fingerprints_);
}

absl::StatusOr<std::optional<std::string>> FileAuditStore::ReadState() {
  absl::StatusOr<std::string> state = ReadWholeFile(directory_ + "/state", kMaxStateBytes);
  if (absl::IsNotFound(state.status())) return std::optional<std::string>();
  if (!state.ok()) return absl::InternalError(state.status().message());
  return *std::move(state);
}

absl::Status FileAuditStore::WriteState(absl::string_view state) {
  // Before the state that counts them.
  if (fdatasync(fingerprints_) != 0 || fdatasync(watched_) != 0) return Failed("sync", directory_);
  const absl::Status replaced = ReplaceFile(directory_ + "/state", state);
  return replaced.ok() ? replaced : absl::InternalError(replaced.message());
}

absl::Status FileAuditStore::PutFingerprints(LeafIndex from, absl::Span<const uint64_t> numbers) {
  const absl::string_view bytes(reinterpret_cast<const char*>(numbers.data()),
                                numbers.size() * sizeof(uint64_t));
  return WriteAt(fingerprints_, directory_, from.value() * sizeof(uint64_t), bytes);
}

absl::Status FileAuditStore::GetFingerprints(LeafIndex from, absl::Span<uint64_t> numbers) {
  const auto bytes =
      absl::MakeSpan(reinterpret_cast<char*>(numbers.data()), numbers.size() * sizeof(uint64_t));
  return ReadAt(fingerprints_, directory_, from.value() * sizeof(uint64_t), bytes);
}

absl::Status FileAuditStore::PutWatched(uint64_t from, absl::string_view bytes) {
  return WriteAt(watched_, directory_, from, bytes);
}

absl::Status FileAuditStore::GetWatched(uint64_t from, absl::Span<char> bytes) {
  return ReadAt(watched_, directory_, from, bytes);
}

}  // namespace cairn::server
