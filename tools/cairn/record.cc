#include "tools/cairn/record.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/certificate.h"
#include "merkle/certificate/record_signs.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

using certificate::AttestationState;
using evidence::CertificateKind;

// What is longer need not fit into memory.
constexpr size_t kMaxRecordBytes = size_t{16} << 20;
constexpr size_t kMaxNodeKeysBytes = 1 << 20;

// Digits of a number as they stand in a message.
std::string Digits(absl::string_view text) {
  constexpr size_t kMaxShown = 100;
  if (text.size() <= kMaxShown) return std::string(text);
  return absl::StrCat(text.substr(0, kMaxShown), "... (", text.size(), " characters)");
}

// A sentence for each number that is listed, and one for the rest.
void AddNotices(const certificate::RoundedNumbers& rounded, absl::string_view covered,
                std::vector<std::string>& notices) {
  for (const certificate::RoundedNumber& number : rounded.first) {
    notices.push_back(absl::StrCat(number.path, ": ", Digits(number.text), " is ", covered,
                                   " only as ", number.canonical, ", rounded to binary64"));
  }
  if (rounded.count > rounded.first.size()) {
    notices.push_back(absl::StrCat("numbers that are ", covered,
                                   " only as rounded to binary64 and not listed here: ",
                                   rounded.count - rounded.first.size()));
  }
}

std::vector<std::string> RoundingNotices(const certificate::Report& report) {
  std::vector<std::string> notices;
  AddNotices(report.rounded, "covered", notices);
  AddNotices(report.rounded_in_receipt, "covered by the node's signature", notices);
  return notices;
}

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
  const std::vector<std::string> rounding = RoundingNotices(report);
  notices.insert(notices.end(), rounding.begin(), rounding.end());
  return notices;
}

certificate::RoundedNumbers AllRounded(const certificate::Report& report) {
  certificate::RoundedNumbers all = report.rounded;
  all.count += report.rounded_in_receipt.count;
  for (const certificate::RoundedNumber& number : report.rounded_in_receipt.first) {
    if (all.first.size() < certificate::RoundedNumbers::kMaxListed) all.first.push_back(number);
  }
  return all;
}

// Of what was logged by the hash of its bytes: it may be a record all the same, and then has
// another hash or is not what it says.
std::vector<std::string> NoticesOfFile(const absl::StatusOr<certificate::FileHash>& file) {
  if (absl::IsFailedPrecondition(file.status())) {
    return {absl::StrCat("logged as a file, though it ", file.status().message())};
  }
  if (!file.ok()) {
    return {absl::StrCat("logged as a file, but it is a record that is refused: ",
                         file.status().message())};
  }
  if (!file->record) return {};
  return {absl::StrCat("logged as a file, but it is a record, of certificate hash sha256:",
                       file->hash.Hex())};
}

absl::StatusOr<Record> FromReport(const certificate::Report& report, Rounded rounded) {
  if (absl::Status good = report.status(); !good.ok()) return good;
  Record record{.hash = report.certificate_hash,
                .kind = CertificateKind::kCer,
                .notices = Notices(report),
                .rounded = AllRounded(report)};
  if (rounded == Rounded::kRefused && record.rounded.count > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--strict: ", absl::StrJoin(RoundingNotices(report), "; ")));
  }
  return record;
}

// Not silently, as the two hashes of a record are two things.
absl::Status RefusedUnlessAsFile(absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat(why, "; if it is its bytes that are meant, whatever they are: --as file"));
}

// Of a file that is too large for a record.
absl::StatusOr<Record> ReadLarge(const std::string& path, std::optional<CertificateKind> kind) {
  const std::string too_large =
      absl::StrCat("is larger than a record may be (", kMaxRecordBytes, " bytes)");
  if (kind == CertificateKind::kCer) return absl::InvalidArgumentError(too_large);
  certificate::RecordSigns signs;
  const absl::Status read =
      ReadPieces(path, [&signs](absl::string_view piece) { return signs.Take(piece); });
  if (!read.ok()) return read;
  if (signs.found() && !kind) {
    return RefusedUnlessAsFile(absl::StrCat("looks like a record, but ", too_large));
  }
  const absl::StatusOr<Hash> hash = HashFile(path);
  if (!hash.ok()) return hash.status();
  Record record{.hash = *hash, .kind = CertificateKind::kFile};
  if (signs.found()) {
    record.notices = {
        absl::StrCat("logged as a file, but it looks like a record, which ", too_large)};
  }
  return record;
}

}  // namespace

absl::StatusOr<Record> ReadRecord(const std::string& path, std::optional<CertificateKind> kind,
                                  const certificate::NodeKeys* node_keys, Rounded rounded) {
  const absl::StatusOr<size_t> size = FileSize(path);
  if (!size.ok()) return size.status();
  if (*size > kMaxRecordBytes) return ReadLarge(path, kind);
  const absl::StatusOr<std::string> bytes = ReadFile(path, kMaxRecordBytes);
  if (!bytes.ok()) return bytes.status();
  if (kind == CertificateKind::kCer) {
    const absl::StatusOr<certificate::Report> report =
        certificate::CheckCertificate(*bytes, node_keys);
    if (!report.ok()) return report.status();
    return FromReport(*report, rounded);
  }
  const absl::StatusOr<certificate::FileHash> file = certificate::HashFileBytes(*bytes, node_keys);
  if (kind == CertificateKind::kFile) {
    return Record{.hash = merkle::Sha256(*bytes), .kind = *kind, .notices = NoticesOfFile(file)};
  }
  if (absl::IsFailedPrecondition(file.status())) {
    return RefusedUnlessAsFile(file.status().message());
  }
  if (!file.ok()) return file.status();
  if (file->record) return FromReport(*file->record, rounded);
  return Record{.hash = file->hash, .kind = CertificateKind::kFile};
}

std::optional<CertificateKind> RecordOptions::kind() const {
  for (const CertificateKind kind : {CertificateKind::kCer, CertificateKind::kFile}) {
    if (as == evidence::CertificateKindName(kind)) return kind;
  }
  return std::nullopt;
}

void AddRecordOptions(Subcommand command, RecordOptions* options) {
  command
      .Add(
          "--as", options->as,
          "What each file is: cer, a record, which is refused if it is none; or file, of which the "
          "bytes are hashed, whatever they are. By default a file that looks like a record is one")
      .OneOf({"cer", "file"});
  command.AddFlag("--strict", options->strict,
                  "Refuse records of which the hash covers a number only as rounded to binary64");
}

std::string RoundedText(const certificate::RoundedNumbers& rounded) {
  constexpr size_t kMaxNamed = 3;
  if (rounded.count == 0) return "";
  std::vector<std::string> named;
  for (const certificate::RoundedNumber& number : rounded.first) {
    if (named.size() == kMaxNamed) break;
    named.push_back(absl::StrCat(number.path, " only as ", number.canonical));
  }
  const size_t more = rounded.count - named.size();
  return absl::StrCat("covered only as rounded to binary64: ", absl::StrJoin(named, ", "),
                      more == 0 ? "" : absl::StrCat(", and ", more, " more"));
}

void AddRounded(const certificate::RoundedNumbers& rounded, nlohmann::ordered_json& json) {
  if (rounded.count == 0) return;
  for (const certificate::RoundedNumber& number : rounded.first) {
    json["rounded"].push_back({{"path", number.path},
                               {"written", Digits(number.text)},
                               {"covered_as", number.canonical}});
  }
  json["rounded_count"] = rounded.count;
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
