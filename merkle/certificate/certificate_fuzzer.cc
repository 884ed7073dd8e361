// CheckCertificate and HashFileBytes on any bytes: no crash; and a good record states the hash that
// is found, and stays good, with the same hash, in canonical form.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/certificate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using cairn::certificate::FileHash;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<cairn::certificate::Report> report =
      cairn::certificate::CheckCertificate(bytes, nullptr);
  const absl::StatusOr<FileHash> file = cairn::certificate::HashFileBytes(bytes, nullptr);
  if (!file.ok() || !file->record.has_value()) return 0;
  if (!report.ok() || !report->status().ok() || report->certificate_hash != file->hash)
    std::abort();
  const absl::StatusOr<std::string> canonical = cairn::certificate::Canonicalize(bytes);
  if (!canonical.ok() || !absl::StrContains(*canonical, file->hash.Hex())) std::abort();
  const absl::StatusOr<FileHash> again = cairn::certificate::HashFileBytes(*canonical, nullptr);
  if (!again.ok() || again->hash != file->hash) std::abort();
  return 0;
}
