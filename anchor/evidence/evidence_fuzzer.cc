// Whatever parses is written back byte for byte, and nothing verifies under the example log's key
// but what that log has signed.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "anchor/evidence/evidence.h"
#include "anchor/evidence/testing/example.h"
#include "anchor/evidence/verify.h"

namespace evidence = cairn::evidence;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::string> entries = evidence::testing::Entries();
  static const evidence::VerifyOptions options = [] {
    evidence::VerifyOptions made;
    made.log_key = evidence::testing::LogKey().verifier_key();
    return made;
  }();
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<evidence::Evidence> parsed = evidence::Parse(bytes);
  if (!parsed.ok()) return 0;
  const absl::StatusOr<std::string> formatted = evidence::Format(*parsed);
  if (!formatted.ok() || *formatted != bytes) std::abort();
  const absl::StatusOr<evidence::Report> report = evidence::Verify(*parsed, options);
  if (!report.ok()) std::abort();
  if (report->verified()) {
    const uint64_t index = report->claim.index.value();
    if (index >= entries.size() || entries[index] != parsed->entry) std::abort();
  }
  return 0;
}
