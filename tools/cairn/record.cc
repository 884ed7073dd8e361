#include "tools/cairn/record.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"
#include "merkle/certificate/judge.h"
#include "merkle/certificate/record_signs.h"
#include "tools/cairn/file.h"

namespace cairn::cli {
namespace {

using certificate::Attestation;
using certificate::AttestationState;
using certificate::Finding;
using certificate::Judgement;
using certificate::kMaxRecordBytes;
using evidence::CertificateKind;

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

std::vector<std::string> RoundingNotices(const Judgement& judgement) {
  std::vector<std::string> notices;
  AddNotices(judgement.rounded, "covered", notices);
  AddNotices(judgement.rounded_in_attestations, "covered by the node's signature", notices);
  return notices;
}

std::string UncoveredNotice(const std::vector<std::string>& uncovered) {
  constexpr size_t kMaxNamed = 20;
  std::vector<std::string> names;
  for (const std::string& name : uncovered) {
    if (names.size() == kMaxNamed) break;
    names.push_back(certificate::Shortened(certificate::Utf8(name)));
  }
  if (uncovered.size() > kMaxNamed) {
    names.push_back(absl::StrCat("and ", uncovered.size() - kMaxNamed, " more"));
  }
  return absl::StrCat("not covered by the certificate hash, anyone may have edited it: ",
                      absl::StrJoin(names, ", "));
}

void AddNotices(const Attestation& attestation, std::vector<std::string>& notices) {
  if (attestation.code == "NO_KEYS_GIVEN") {
    notices.push_back(absl::StrCat(
        attestation.path, ": the node's signature was not checked; give --node_keys to check it"));
  } else if (attestation.state != AttestationState::kProven) {
    notices.push_back(absl::StrCat(attestation.path, " is ",
                                   certificate::AttestationStateText(attestation.state), ": ",
                                   attestation.detail));
  }
  for (const Finding& finding : attestation.notices) notices.push_back(finding.Text());
}

std::vector<std::string> NoticesOf(const Judgement& judgement) {
  std::vector<std::string> notices;
  if (!judgement.uncovered.empty()) notices.push_back(UncoveredNotice(judgement.uncovered));
  for (const Finding& finding : judgement.unchecked) notices.push_back(finding.Text());
  for (const Finding& finding : judgement.notices) notices.push_back(finding.Text());
  for (const Attestation& attestation : judgement.attestations) AddNotices(attestation, notices);
  for (const std::string& notice : RoundingNotices(judgement)) notices.push_back(notice);
  return notices;
}

certificate::RoundedNumbers AllRounded(const Judgement& judgement) {
  certificate::RoundedNumbers all = judgement.rounded;
  all.count += judgement.rounded_in_attestations.count;
  for (const certificate::RoundedNumber& number : judgement.rounded_in_attestations.first) {
    if (all.first.size() < certificate::RoundedNumbers::kMaxListed) all.first.push_back(number);
  }
  return all;
}

// Not silently, as the two hashes of a record are two things.
absl::Status RefusedUnlessAsFile(absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat(why, "; if it is its bytes that are meant, whatever they are: --as file"));
}

absl::StatusOr<Record> FromJudgement(Judgement judgement, LeftOpen left_open) {
  const absl::Status good = judgement.record_status();
  if (absl::IsFailedPrecondition(good)) return RefusedUnlessAsFile(good.message());
  if (!good.ok()) return good;
  Record record{.hash = *judgement.hash,
                .kind = CertificateKind::kCer,
                .notices = NoticesOf(judgement),
                .rounded = AllRounded(judgement)};
  if (left_open == LeftOpen::kRefused) {
    std::vector<std::string> reasons = RoundingNotices(judgement);
    for (const std::string& name : judgement.left_open) {
      reasons.push_back(absl::StrCat(name, " is not covered by the certificate hash"));
    }
    if (!reasons.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--strict: ", absl::StrJoin(reasons, "; ")));
    }
  }
  record.judgement = std::move(judgement);
  return record;
}

// What was logged by the hash of its bytes may be a record all the same, and then has another hash
// or is not what it says: that is never hidden.
Record AsFile(absl::string_view bytes, const absl::StatusOr<certificate::JudgedRecord>& read) {
  Record record{.hash = merkle::Sha256(bytes), .kind = CertificateKind::kFile};
  if (!read.ok()) {
    if (!certificate::LooksLikeRecord(bytes)) return record;
    record.no_good_record = absl::StrCat("looks like a record, but ", read.status().message());
  } else if (const absl::Status good = read->judgement.status(); !good.ok()) {
    record.judgement = read->judgement;
    record.no_good_record =
        absl::StrCat("is a record that ", read->judgement.Text(), ": ", good.message());
  } else {
    record.judgement = read->judgement;
    record.notices = {absl::StrCat("logged as a file, but it is a record, of certificate hash ",
                                   certificate::HashText(*read->judgement.hash))};
    return record;
  }
  record.notices = {absl::StrCat("logged as a file, though it ", record.no_good_record)};
  return record;
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

nlohmann::ordered_json FindingsJson(const std::vector<Finding>& findings) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"field", finding.field}, {"code", finding.code}, {"reason", finding.reason}});
  }
  return list;
}

nlohmann::ordered_json AttestationJson(const Attestation& attestation) {
  nlohmann::ordered_json json = {
      {"name", attestation.name},
      {"path", attestation.path},
      {"state", std::string(certificate::AttestationStateName(attestation.state))},
      {"code", attestation.code},
      {"detail", attestation.detail}};
  for (const auto& [name, value] :
       {std::pair("node_id", &attestation.node_id), std::pair("kid", &attestation.kid),
        std::pair("attested_at", &attestation.attested_at)}) {
    if (!value->empty()) json[name] = *value;
  }
  if (!attestation.notices.empty()) json["notices"] = FindingsJson(attestation.notices);
  return json;
}

}  // namespace

absl::Status Record::attestations_status() const {
  if (!judgement.has_value() || kind != CertificateKind::kCer) return absl::OkStatus();
  return judgement->attestations_status();
}

absl::StatusOr<Record> ReadRecord(const std::string& path, std::optional<CertificateKind> kind,
                                  const NodeTrust& nodes, LeftOpen left_open) {
  const absl::StatusOr<size_t> size = FileSize(path);
  if (!size.ok()) return size.status();
  if (*size > kMaxRecordBytes) return ReadLarge(path, kind);
  const absl::StatusOr<std::string> bytes = ReadFile(path, kMaxRecordBytes);
  if (!bytes.ok()) return bytes.status();
  const int64_t now_s =
      nodes.now_s ? static_cast<int64_t>(*nodes.now_s) : absl::ToUnixSeconds(absl::Now());
  absl::StatusOr<certificate::JudgedRecord> read =
      certificate::JudgeRecord(*bytes, {.node_keys = nodes.keys, .now_s = now_s});
  if (kind == CertificateKind::kFile) return AsFile(*bytes, read);
  if (read.ok()) return FromJudgement(std::move(read->judgement), left_open);
  if (kind == CertificateKind::kCer) return absl::InvalidArgumentError(read.status().message());
  if (certificate::LooksLikeRecord(*bytes)) {
    return RefusedUnlessAsFile(absl::StrCat("looks like a record, but ", read.status().message()));
  }
  return Record{.hash = merkle::Sha256(*bytes), .kind = CertificateKind::kFile};
}

bool IsRefusal(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status);
}

std::optional<CertificateKind> RecordOptions::kind() const {
  if (as_file) return CertificateKind::kFile;
  for (const CertificateKind kind : {CertificateKind::kCer, CertificateKind::kFile}) {
    if (as == evidence::CertificateKindName(kind)) return kind;
  }
  return std::nullopt;
}

void AddRecordOptions(Subcommand command, RecordOptions* options) {
  Option as = command.Add(
      "--as", options->as,
      "What each file is: cer, a record, which is refused if it is none; or file, of which the "
      "bytes are hashed, whatever they are. By default a file that looks like a record is one");
  as.OneOf({"cer", "file"});
  command
      .AddFlag(
          Spellings("as_file"), options->as_file,
          "--as file: hash the bytes, also of a record that this program cannot check. Nothing "
          "more than the bytes is then proven")
      .Excludes(as);
  command.AddFlag("--strict", options->strict,
                  "Refuse records that leave something open: a number that the hash covers only as "
                  "rounded to binary64, a context that it does not cover");
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

void AddJudgement(const std::optional<Judgement>& judgement, nlohmann::ordered_json& json) {
  if (!judgement.has_value()) return;
  nlohmann::ordered_json record = {
      {"answer", std::string(certificate::AnswerName(judgement->answer))},
      {"text", judgement->Text()},
      {"kind", judgement->kind}};
  if (!judgement->protocol.empty()) record["protocol"] = judgement->protocol;
  if (!judgement->reading.empty()) record["reading"] = judgement->reading;
  if (!judgement->at.empty()) record["at"] = judgement->at;
  if (judgement->hash) record["hash"] = certificate::HashText(*judgement->hash);
  record["contradictions"] = FindingsJson(judgement->contradictions);
  record["unchecked"] = FindingsJson(judgement->unchecked);
  record["notices"] = FindingsJson(judgement->notices);
  record["uncovered"] = judgement->uncovered;
  record["left_open"] = judgement->left_open;
  record["attestations"] = nlohmann::ordered_json::array();
  for (const Attestation& one : judgement->attestations) {
    record["attestations"].push_back(AttestationJson(one));
  }
  json["record"] = std::move(record);
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
