#include "merkle/certificate/certificate.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/certificate/attestation.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/record_signs.h"

namespace cairn::certificate {
namespace {

using nlohmann::json;

constexpr char kBundleType[] = "cer.ai.execution.v1";
constexpr char kBundleVersion[] = "0.1";
constexpr char kHashPrefix[] = "sha256:";

std::string Shown(const json& value) { return Shortened(CanonicalJson(value)); }

// Looks at the members of one object and notes what is wrong with them.
class Checker {
 public:
  Checker(const json& object, std::string path, std::vector<Finding>& findings)
      : object_(object), path_(std::move(path)), findings_(findings) {}

  void Fail(absl::string_view name, absl::string_view reason) {
    findings_.push_back({.field = absl::StrCat(path_, name), .reason = std::string(reason)});
  }

  // Null, and noted, where it is absent.
  const json* Find(const char* name) {
    const auto member = object_.find(name);
    if (member != object_.end()) return &*member;
    Fail(name, "is missing");
    return nullptr;
  }

  void Exactly(const char* name, absl::string_view wanted) {
    const json* value = Find(name);
    if (value == nullptr) return;
    const auto* text = value->get_ptr<const std::string*>();
    if (text == nullptr || *text != wanted) {
      Fail(name, absl::StrCat("must be \"", wanted, "\", not ", Shown(*value)));
    }
  }

  void NonEmptyText(const char* name) {
    const json* value = Find(name);
    if (value == nullptr) return;
    const auto* text = value->get_ptr<const std::string*>();
    if (text == nullptr || text->empty()) Fail(name, "must be a text that is not empty");
  }

  void Number(const char* name, bool or_null) {
    const json* value = Find(name);
    if (value == nullptr || value->is_number() || (or_null && value->is_null())) return;
    Fail(name, absl::StrCat("must be a finite number", or_null ? " or null" : "", ", not ",
                            Shown(*value)));
  }

  // That the member `name` states `hash`, in the one way a hash is written.
  void StatesHash(const char* name, const Hash& hash) {
    const json* value = Find(name);
    if (value == nullptr) return;
    const auto* text = value->get_ptr<const std::string*>();
    if (text == nullptr || !absl::StartsWith(*text, kHashPrefix)) {
      Fail(name, absl::StrCat("must start with \"sha256:\", not be ", Shown(*value)));
    } else if (const std::string computed = absl::StrCat(kHashPrefix, hash.Hex());
               *text != computed) {
      Fail(name, absl::StrCat("does not match: computed ", computed, ", stated ", Shown(*value)));
    }
  }

  // That `hash_name` states the hash of the member `name`.
  void Hashed(const char* name, const char* hash_name) {
    const json* value = Find(name);
    if (value == nullptr) {
      Fail(hash_name, absl::StrCat("cannot be checked: ", path_, name, " is missing"));
      return;
    }
    if (value->is_null()) Fail(name, "must not be null");
    const auto* text = value->get_ptr<const std::string*>();
    StatesHash(hash_name, merkle::Sha256(text != nullptr ? *text : CanonicalJson(*value)));
  }

 private:
  const json& object_;
  const std::string path_;
  std::vector<Finding>& findings_;
};

void CheckSnapshot(const json& snapshot, std::vector<Finding>& findings) {
  Checker check(snapshot, "snapshot.", findings);
  check.Exactly("type", "ai.execution.v1");
  check.Exactly("protocolVersion", "1.2.0");
  check.Exactly("executionSurface", "ai");
  for (const char* name : {"executionId", "timestamp", "provider", "model", "prompt"}) {
    check.NonEmptyText(name);
  }
  const json* parameters = check.Find("parameters");
  if (parameters != nullptr && !parameters->is_object()) {
    check.Fail("parameters", "must be an object");
  } else if (parameters != nullptr) {
    Checker check_parameters(*parameters, "snapshot.parameters.", findings);
    check_parameters.Number("temperature", /*or_null=*/false);
    check_parameters.Number("maxTokens", /*or_null=*/false);
    check_parameters.Number("topP", /*or_null=*/true);
    check_parameters.Number("seed", /*or_null=*/true);
  }
  check.Hashed("input", "inputHash");
  check.Hashed("output", "outputHash");
}

// Of what is there; bundleType and version are constants of the format, checked on their own.
Hash ComputeCertificateHash(const json& record) {
  json covered = {{"bundleType", kBundleType}, {"version", kBundleVersion}};
  for (const char* name : {"createdAt", "snapshot"}) {
    if (record.contains(name)) covered[name] = record[name];
  }
  return merkle::Sha256(CanonicalJson(covered));
}

// Null where there is none.
const json* FindAttestation(const json& record) {
  const auto meta = record.find("meta");
  if (meta == record.end() || !meta->is_object()) return nullptr;
  const auto attestation = meta->find("attestation");
  return attestation == meta->end() || attestation->is_null() ? nullptr : &*attestation;
}

// Names what nothing vouches for.
std::vector<std::string> FindUncovered(const json& record, const Attestation& attestation) {
  std::vector<std::string> out;
  for (const auto& [name, value] : record.items()) {
    if (name == "bundleType" || name == "version" || name == "createdAt" || name == "snapshot" ||
        name == "certificateHash") {
      continue;
    }
    if (name != "meta" || !value.is_object() || value.empty()) {
      out.push_back(name);
      continue;
    }
    for (const auto& [member, unused] : value.items()) {
      if (member == "attestation" && attestation.state == AttestationState::kValid) {
        out.insert(out.end(), attestation.uncovered.begin(), attestation.uncovered.end());
      } else {
        out.push_back(absl::StrCat("meta.", member));
      }
    }
  }
  return out;
}

Report Check(const json& record, const NodeKeys* node_keys) {
  Report report;
  Checker check(record, "", report.findings);
  check.Exactly("bundleType", kBundleType);
  check.Exactly("version", kBundleVersion);
  check.NonEmptyText("createdAt");
  report.certificate_hash = ComputeCertificateHash(record);
  const json* snapshot = check.Find("snapshot");
  if (snapshot != nullptr && !snapshot->is_object()) {
    check.Fail("snapshot", "must be an object");
  } else if (snapshot != nullptr) {
    CheckSnapshot(*snapshot, report.findings);
  }
  check.StatesHash("certificateHash", report.certificate_hash);
  if (const json* attestation = FindAttestation(record)) {
    report.attestation = CheckAttestation(
        *attestation, absl::StrCat(kHashPrefix, report.certificate_hash.Hex()), node_keys);
  }
  report.uncovered = FindUncovered(record, report.attestation);
  return report;
}

// A record's value, and its rounded numbers by what covers them.
struct Parsed {
  json value;
  RoundedNumbers in_snapshot;
  RoundedNumbers in_receipt;
};

absl::StatusOr<Parsed> Parse(absl::string_view text) {
  Parsed parsed;
  // What else is covered are texts. A flat attestation is signed over four texts.
  const Place places[] = {
      {.names = {"snapshot"}, .rounded = &parsed.in_snapshot},
      {.names = {"meta", "attestation", "receipt"}, .rounded = &parsed.in_receipt}};
  absl::StatusOr<json> value = ParseStrict(text, places);
  if (!value.ok()) return value.status();
  parsed.value = *std::move(value);
  return parsed;
}

Report CheckParsed(Parsed parsed, const NodeKeys* node_keys) {
  Report report = Check(parsed.value, node_keys);
  report.rounded = std::move(parsed.in_snapshot);
  if (report.attestation.state == AttestationState::kValid) {
    report.rounded_in_receipt = std::move(parsed.in_receipt);
  }
  return report;
}

std::vector<std::string> Reasons(const std::vector<Finding>& findings) {
  std::vector<std::string> reasons;
  for (const Finding& finding : findings) {
    reasons.push_back(absl::StrCat(finding.field, " ", finding.reason));
  }
  return reasons;
}

// That it is a record of the kind that this program knows.
absl::Status CheckKind(const json& record) {
  std::vector<Finding> findings;
  Checker check(record, "", findings);
  check.Exactly("bundleType", kBundleType);
  check.Exactly("version", kBundleVersion);
  if (findings.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("a record of a kind that this program does not know: ",
                   absl::StrJoin(Reasons(findings), "; ")));
}

}  // namespace

absl::Status Report::status() const {
  std::vector<std::string> reasons = Reasons(findings);
  if (attestation.state == AttestationState::kInvalid) {
    reasons.push_back(attestation.reason);
  }
  if (reasons.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(reasons, "; "));
}

absl::StatusOr<Report> CheckCertificate(absl::string_view text, const NodeKeys* node_keys) {
  absl::StatusOr<Parsed> record = Parse(text);
  if (!record.ok()) return record.status();
  if (!record->value.is_object()) {
    return absl::InvalidArgumentError("a record must be a JSON object");
  }
  return CheckParsed(*std::move(record), node_keys);
}

absl::StatusOr<FileHash> HashFileBytes(absl::string_view bytes, const NodeKeys* node_keys) {
  const FileHash opaque{.hash = merkle::Sha256(bytes), .record = std::nullopt};
  absl::StatusOr<Parsed> parsed = Parse(bytes);
  if (!parsed.ok()) {
    if (!LooksLikeRecord(bytes)) return opaque;
    return absl::FailedPreconditionError(
        absl::StrCat("looks like a record, but: ", parsed.status().message()));
  }
  const json& value = parsed->value;
  if (!value.is_object() || (!value.contains("bundleType") && !value.contains("certificateHash"))) {
    return opaque;
  }
  if (absl::Status known = CheckKind(value); !known.ok()) return known;
  Report report = CheckParsed(*std::move(parsed), node_keys);
  if (absl::Status good = report.status(); !good.ok()) return good;
  const Hash hash = report.certificate_hash;
  return FileHash{.hash = hash, .record = std::move(report)};
}

}  // namespace cairn::certificate
