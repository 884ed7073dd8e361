// From the log's answer to a verified evidence file on disk.
//
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_EVIDENCE_FILE_H_
#define CAIRN_TOOLS_CAIRN_EVIDENCE_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/verify.h"
#include "merkle/note/key.h"

namespace cairn::cli {

// What the log answers, in its own terms.
struct LogAnswer {
  uint64_t index = 0;
  absl::string_view entry;
  absl::string_view proof;
  absl::string_view checkpoint;
};

// kInvalidArgument where the answer is malformed.
absl::StatusOr<evidence::Evidence> MakeEvidence(const LogAnswer& answer,
                                                std::optional<evidence::CertificateKind> kind,
                                                std::vector<evidence::Opening> openings);

// Why `report` does not stand. Without a log key it may lack the checkpoint's signature, as
// everything else holds under the root that the log named; then the checkpoint must at least carry
// a signature line in the log's name.
absl::Status CheckReport(const evidence::Evidence& evidence, const evidence::Report& report,
                         bool have_log_key);

// DIR/NAME.cairn.json for .../NAME.json and .../NAME.txt; other names are kept whole before the
// suffix.
std::string EvidencePath(const std::string& directory, const std::string& file);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_EVIDENCE_FILE_H_
