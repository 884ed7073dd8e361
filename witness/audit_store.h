// What an auditor keeps between its runs. Declared here; witness/server keeps it in a directory.
//
// Errors: kInternal with what kept it from being read or written, or is damaged; never one that
//   could be taken for the log's fault.
// Threads: one at a time.

#ifndef CAIRN_WITNESS_AUDIT_STORE_H_
#define CAIRN_WITNESS_AUDIT_STORE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "merkle/types.h"

namespace cairn::witness {

class AuditStore {
 public:
  virtual ~AuditStore() = default;

  // nullopt: there is none yet.
  virtual absl::StatusOr<std::optional<std::string>> ReadState() = 0;
  // Durable, with all that was put before, when it returns OK; all or nothing.
  virtual absl::Status WriteState(absl::string_view state) = 0;

  // A number for each leaf, from index `from` on; what was there is replaced. There are numbers for
  // all below `from`.
  virtual absl::Status PutFingerprints(LeafIndex from, absl::Span<const uint64_t> numbers) = 0;
  // Fills `numbers`, which were put before.
  virtual absl::Status GetFingerprints(LeafIndex from, absl::Span<uint64_t> numbers) = 0;

  // Bytes from offset `from` on, as for fingerprints: see watched.h.
  virtual absl::Status PutWatched(uint64_t from, absl::string_view bytes) = 0;
  virtual absl::Status GetWatched(uint64_t from, absl::Span<char> bytes) = 0;
};

}  // namespace cairn::witness

#endif  // CAIRN_WITNESS_AUDIT_STORE_H_
