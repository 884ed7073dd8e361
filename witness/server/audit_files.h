// An auditor's files: a log that lies in a local directory, and what an auditor keeps.
//
// Shape of a state's directory: `state` (witness/audit_state.h); `fingerprints`, eight bytes a leaf
//   in this machine's order, of which those beyond `state`'s size count for nothing; and `watched`
//   (witness/watched.h), empty but for a monitor.

#ifndef CAIRN_WITNESS_SERVER_AUDIT_FILES_H_
#define CAIRN_WITNESS_SERVER_AUDIT_FILES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "merkle/types.h"
#include "witness/audit_store.h"
#include "witness/log_source.h"

namespace cairn::server {

// The resources of a log as files of their names, as a mirror or a web server's root has them.
class DirectoryLogSource final : public witness::LogSource {
 public:
  explicit DirectoryLogSource(std::string directory) : directory_(std::move(directory)) {}

  absl::StatusOr<std::string> Read(const std::string& path, size_t max_bytes) override;

 private:
  const std::string directory_;
};

class FileAuditStore final : public witness::AuditStore {
 public:
  // Makes the directory where there is none, and keeps other processes out of it until this object
  // is gone: kUnavailable when one is in it.
  static absl::StatusOr<std::unique_ptr<FileAuditStore>> Open(const std::string& directory);
  ~FileAuditStore() override;
  FileAuditStore(const FileAuditStore&) = delete;
  FileAuditStore& operator=(const FileAuditStore&) = delete;

  absl::StatusOr<std::optional<std::string>> ReadState() override;
  absl::Status WriteState(absl::string_view state) override;
  absl::Status PutFingerprints(LeafIndex from, absl::Span<const uint64_t> numbers) override;
  absl::Status GetFingerprints(LeafIndex from, absl::Span<uint64_t> numbers) override;
  absl::Status PutWatched(uint64_t from, absl::string_view bytes) override;
  absl::Status GetWatched(uint64_t from, absl::Span<char> bytes) override;

 private:
  FileAuditStore(std::string directory, int fingerprints, int watched)
      : directory_(std::move(directory)), fingerprints_(fingerprints), watched_(watched) {}

  const std::string directory_;
  const int fingerprints_;
  const int watched_;
};

}  // namespace cairn::server

#endif  // CAIRN_WITNESS_SERVER_AUDIT_FILES_H_
