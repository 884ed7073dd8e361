// A path on the first line, and a record behind it: no crash; what is left of a record without what
// stands at the path holds.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/path.h"
#include "merkle/certificate/redaction.h"

namespace {

using cairn::certificate::JudgedRecord;
using cairn::certificate::JudgeRecord;
using cairn::certificate::Redact;
using cairn::certificate::Redacted;

void Check(const JudgedRecord& record, const cairn::certificate::Redaction& redaction) {
  const absl::StatusOr<Redacted> redacted = Redact(record, redaction, [] { return cairn::Hash{}; });
  if (!redacted.ok()) return;
  const absl::StatusOr<JudgedRecord> left =
      JudgeRecord(cairn::certificate::CanonicalJson(redacted->record));
  if (!left.ok() || !left->judgement.record_status().ok()) std::abort();
  for (const auto& opening : redacted->openings) {
    if (!cairn::certificate::VerifyCommitment(redacted->record, opening).ok()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t end = bytes.find('\n');
  const std::string path(bytes.substr(0, end));
  if (!cairn::certificate::ParsePath(path).ok() || end == absl::string_view::npos) return 0;
  const absl::StatusOr<JudgedRecord> record = JudgeRecord(std::string(bytes.substr(end + 1)));
  if (!record.ok()) return 0;
  Check(*record, {.remove = {path}, .replace = {}, .commit = {}});
  Check(*record, {.remove = {}, .replace = {{path, "replaced"}}, .commit = {}});
  Check(*record, {.remove = {}, .replace = {}, .commit = {path}});
  return 0;
}
