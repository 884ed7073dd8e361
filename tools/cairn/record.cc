#include "tools/cairn/record.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/certificate.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

using certificate::AttestationState;
using evidence::CertificateKind;

// No record is longer; what is, is an opaque file, and need not fit into memory.
constexpr size_t kMaxRecordBytes = size_t{16} << 20;
constexpr size_t kMaxNodeKeysBytes = 1 << 20;

std::vector<std::string> Notices(const certificate::Report& report) {
  std::vector<std::string> notices;
  if (!report.uncovered.empty()) {
    constexpr size_t kMaxNamed = 20;
    std::vector<std::string> names;
    for (const std::string& name : report.uncovered) {
      if (names.size() == kMaxNamed) break;
      names.push_back(certificate::Shortened(name));
    }
    if (report.uncovered.size() > kMaxNamed) {
      names.push_back(absl::StrCat("and ", report.uncovered.size() - kMaxNamed, " more"));
    }
    notices.push_back(
        absl::StrCat("not covered by the certificate hash, anyone may have edited it: ",
                     absl::StrJoin(names, ", ")));
  }
  if (report.attestation.state == AttestationState::kUnchecked) {
    notices.push_back(
        "meta.attestation: the node's signature was not checked; give --node_keys to check it");
  }
  return notices;
}

// Of what was logged by the hash of its bytes: it may be a record all the same, and then has
// another hash or is not what it says.
std::vector<std::string> NoticesOfFile(const absl::StatusOr<certificate::FileHash>& file) {
  if (!file.ok()) {
    return {absl::StrCat("logged as a file, but it is a record that is refused: ",
                         file.status().message())};
  }
  if (!file->record) return {};
  return {absl::StrCat("logged as a file, but it is a record, of certificate hash sha256:",
                       file->hash.Hex())};
}

absl::StatusOr<Record> FromReport(const certificate::Report& report) {
  if (absl::Status good = report.status(); !good.ok()) return good;
  return Record{
      .hash = report.certificate_hash, .kind = CertificateKind::kCer, .notices = Notices(report)};
}

}  // namespace

absl::StatusOr<Record> ReadRecord(const std::string& path, std::optional<CertificateKind> kind,
                                  const certificate::NodeKeys* node_keys) {
  const absl::StatusOr<size_t> size = FileSize(path);
  if (!size.ok()) return size.status();
  if (*size > kMaxRecordBytes && kind != CertificateKind::kCer) {
    const absl::StatusOr<Hash> hash = HashFile(path);
    if (!hash.ok()) return hash.status();
    return Record{.hash = *hash, .kind = CertificateKind::kFile, .notices = {}};
  }
  const absl::StatusOr<std::string> bytes = ReadFile(path, kMaxRecordBytes);
  if (!bytes.ok()) return bytes.status();
  if (kind == CertificateKind::kCer) {
    const absl::StatusOr<certificate::Report> report =
        certificate::CheckCertificate(*bytes, node_keys);
    if (!report.ok()) return report.status();
    return FromReport(*report);
  }
  const absl::StatusOr<certificate::FileHash> file = certificate::HashFileBytes(*bytes, node_keys);
  if (kind == CertificateKind::kFile) {
    return Record{.hash = merkle::Sha256(*bytes), .kind = *kind, .notices = NoticesOfFile(file)};
  }
  if (!file.ok()) return file.status();
  if (file->record) return FromReport(*file->record);
  return Record{.hash = file->hash, .kind = CertificateKind::kFile, .notices = {}};
}

absl::StatusOr<std::optional<certificate::NodeKeys>> ReadNodeKeys(const std::string& path) {
  if (path.empty()) return std::nullopt;
  const absl::StatusOr<std::string> bytes = ReadFile(path, kMaxNodeKeysBytes);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<certificate::NodeKeys> keys = certificate::NodeKeys::Parse(*bytes);
  if (!keys.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " holds no node keys: ", keys.status().message()));
  }
  return *std::move(keys);
}

}  // namespace cairn::cli
