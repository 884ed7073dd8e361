#include "tools/cairn/evidence_check.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "anchor/evidence/evidence.h"
#include "tools/cairn/attestation_layers.h"
#include "tools/cairn/file.h"
#include "tools/cairn/report_text.h"

namespace cairn::cli {
namespace {

Checked Unread(Checked checked, const absl::Status& why, ExitCode exit_code) {
  checked.reason = std::string(why.message());
  checked.exit_code = exit_code;
  return checked;
}

// What the layer of the certificate has to say of it beside its hash.
std::string CaveatOf(const Record& record) {
  std::vector<std::string> caveats;
  if (!record.no_good_record.empty()) {
    caveats.push_back(absl::StrCat("its bytes and no more: it ", record.no_good_record));
  } else if (record.judgement.has_value() && record.kind == evidence::CertificateKind::kCer &&
             !record.judgement->left_open.empty()) {
    caveats.push_back(record.judgement->Text());
  }
  if (std::string rounded = RoundedText(record.rounded); !rounded.empty()) {
    caveats.push_back(std::move(rounded));
  }
  return absl::StrJoin(caveats, "; ");
}

// kInvalidArgument for a certificate that is none; others as in file.h.
absl::Status TakeCertificate(const CertificateFile& certificate, const evidence::Evidence& evidence,
                             const Demands& demands, evidence::VerifyOptions& options,
                             Checked& checked) {
  const std::optional<evidence::CertificateKind> asked = certificate.options.kind();
  absl::StatusOr<Record> record =
      ReadRecord(certificate.path, asked ? asked : evidence.kind,
                 {.keys = certificate.node_keys, .now_s = options.anchors.now_s},
                 certificate.options.left_open());
  std::vector<certificate::Attestation> attestations;
  if (record.ok()) {
    options.certificate_hash = record->hash;
    options.certificate_kind = record->kind;
    options.certificate_caveat = CaveatOf(*record);
    checked.notices = record->notices;
    checked.rounded = record->rounded;
    if (record->kind == evidence::CertificateKind::kCer && record->judgement.has_value()) {
      if (record->judgement->hash_alone) options.hash_source = evidence::HashSource::kHashAlone;
      attestations = record->judgement->attestations;
    }
    checked.judgement = std::move(record->judgement);
  } else if (IsRefusal(record.status())) {
    options.certificate_hash = record.status();
  } else {
    return record.status();
  }
  options.about_certificate = [attestations, &demands](std::optional<uint64_t> proved_by_s) {
    return AttestationLayers(attestations, proved_by_s, demands.attestation);
  };
  return absl::OkStatus();
}

void JudgeCertifierKeys(const Demands& demands, Checked& checked) {
  evidence::Report& report = *checked.report;
  const std::string& certifier = report.claim.statement.certifier;
  if (demands.certifier_keys.count(certifier) == 0 && !demands.certifier_keys.empty()) {
    checked.of_unknown_certifier = true;
    const std::string why = report.claim.unknown_kind
                                ? absl::StrCat("the entry is of kind ", *report.claim.unknown_kind,
                                               ", newer than this program, and no statement")
                                : absl::StrCat("the statement is by `", certifier,
                                               "`, whose key --certifier does not give");
    if (!demands.alone) return checked.notices.push_back(why);
    for (evidence::Layer& layer : report.layers) {
      if (layer.name != "statement" || layer.required) continue;
      layer.required = true;
      report.reasons.push_back(absl::StrCat("statement: ", why));
    }
  }
  if (!demands.alone) return;
  for (const auto& [name, key] : demands.certifier_keys) {
    if (name == certifier) continue;
    checked.notices.push_back(absl::StrCat("--certifier: the statement is not by `", name, "`"));
  }
}

FileInputs InputsOf(const Checked& checked) {
  return {.evidence = checked.evidence_sha256, .certificate = checked.certificate_sha256};
}

void SayUnread(const std::string& file, const Checked& checked, const Saying& saying) {
  if (saying.json) {
    nlohmann::ordered_json line;
    line["evidence"] = file;
    line["verified"] = false;
    line["reasons"] = {checked.reason};
    line["inputs"] = InputsJson(saying.inputs, InputsOf(checked));
    std::cout << JsonLine(line);
  } else {
    std::cout << Printable(file, kMaxShownLine) << ": "
              << (checked.exit_code == kNo ? "FAILED" : "could not be checked") << "\n";
    Complain(absl::StrCat(file, ": ", checked.reason));
  }
}

// With what is demanded, and what trust brings.
evidence::VerifyOptions OptionsFor(const evidence::Evidence& evidence, const Trust& trust,
                                   const Demands& demands) {
  evidence::VerifyOptions options = trust.For(evidence);
  options.certifier_keys = demands.certifier_keys;
  options.require = demands.require;
  options.log_key_not_after_s = demands.log_key_not_after_s;
  if (demands.certificate_hash) {
    options.certificate_hash = *demands.certificate_hash;
    options.hash_source = evidence::HashSource::kGiven;
  }
  return options;
}

}  // namespace

Checked CheckEvidence(const std::string& file, const Trust& trust, const Demands& demands,
                      Contradictions& seen, const CertificateFile* certificate) {
  const absl::StatusOr<std::string> bytes = ReadFile(file, evidence::kMaxEvidenceBytes);
  if (!bytes.ok()) {
    return Unread({}, bytes.status(), absl::IsResourceExhausted(bytes.status()) ? kNo : kUnable);
  }
  Checked checked;
  checked.evidence_sha256 = merkle::Sha256(*bytes);
  const absl::StatusOr<evidence::Evidence> evidence = evidence::Parse(*bytes);
  if (!evidence.ok()) return Unread(checked, evidence.status(), kNo);
  evidence::VerifyOptions options = OptionsFor(*evidence, trust, demands);
  if (certificate != nullptr) {
    const absl::Status taken = TakeCertificate(*certificate, *evidence, demands, options, checked);
    if (!taken.ok()) return Unread(checked, taken, kUnable);
    if (const absl::StatusOr<Hash> hash = HashFile(certificate->path); hash.ok()) {
      checked.certificate_sha256 = *hash;
    }
  }
  absl::StatusOr<evidence::Report> report = evidence::Verify(*evidence, options);
  if (!report.ok()) return Unread(checked, report.status(), kNo);
  checked.report = *std::move(report);
  trust.MarkUsed(checked.report->own_crls_used);
  JudgeCertifierKeys(demands, checked);
  seen.Add(file, *evidence, *checked.report, options.log_key);
  checked.exit_code = checked.report->verified() ? kYes : kNo;
  return checked;
}

void Say(const std::string& file, const Checked& checked, const Saying& saying) {
  if (!checked.report.has_value()) return SayUnread(file, checked, saying);
  const evidence::Report& report = *checked.report;
  if (saying.json) {
    nlohmann::ordered_json line;
    line["evidence"] = file;
    line.update(ReportJson(report));
    line["notices"] = checked.notices;
    AddRounded(checked.rounded, line);
    AddJudgement(checked.judgement, line);
    line["inputs"] = InputsJson(saying.inputs, InputsOf(checked));
    std::cout << JsonLine(line);
    return;
  }
  std::cout << Printable(file, kMaxShownLine) << ": " << Printable(report.headline, kMaxShownLine)
            << "\n"
            << ReportText(report);
  if (saying.explain) std::cout << ExplanationText(report, InputsOf(checked));
  for (const std::string& reason : report.reasons) Complain(absl::StrCat(file, ": ", reason));
  for (const std::string& notice : checked.notices) Complain(absl::StrCat(file, ": ", notice));
}

}  // namespace cairn::cli
