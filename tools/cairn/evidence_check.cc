#include "tools/cairn/evidence_check.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "anchor/evidence/evidence.h"
#include "tools/cairn/file.h"
#include "tools/cairn/record.h"
#include "tools/cairn/report_text.h"

namespace cairn::cli {
namespace {

Checked Unread(const absl::Status& why, ExitCode exit_code) {
  return {.report = std::nullopt,
          .reason = std::string(why.message()),
          .exit_code = exit_code,
          .notices = {}};
}

// kInvalidArgument for a certificate that is none; others as in file.h.
absl::Status TakeCertificate(const CertificateFile& certificate, const evidence::Evidence& evidence,
                             evidence::VerifyOptions& options, std::vector<std::string>& notices) {
  absl::StatusOr<Record> record =
      ReadRecord(certificate.path, evidence.kind, certificate.node_keys);
  if (record.ok()) {
    options.certificate_hash = record->hash;
    options.certificate_kind = record->kind;
    notices = record->notices;
  } else if (absl::IsInvalidArgument(record.status())) {
    options.certificate_hash = record.status();
  } else {
    return record.status();
  }
  return absl::OkStatus();
}

void JudgeCertifierKeys(const Demands& demands, Checked& checked) {
  evidence::Report& report = *checked.report;
  const std::string& certifier = report.claim.statement.certifier;
  if (demands.certifier_keys.count(certifier) == 0 && !demands.certifier_keys.empty()) {
    checked.of_unknown_certifier = true;
    const std::string why =
        absl::StrCat("the statement is by `", certifier, "`, whose key --certifier does not give");
    if (!demands.alone) return checked.notices.push_back(why);
    for (evidence::Layer& layer : report.layers) {
      if (layer.name == "statement") layer.required = true;
    }
    report.reasons.push_back(absl::StrCat("statement: ", why));
  }
  if (!demands.alone) return;
  for (const auto& [name, key] : demands.certifier_keys) {
    if (name == certifier) continue;
    checked.notices.push_back(absl::StrCat("--certifier: the statement is not by `", name, "`"));
  }
}

void SayUnread(const std::string& file, const Checked& checked, bool json) {
  if (json) {
    nlohmann::ordered_json line;
    line["evidence"] = file;
    line["verified"] = false;
    line["reasons"] = {checked.reason};
    std::cout << JsonLine(line);
  } else {
    std::cout << Printable(file) << ": "
              << (checked.exit_code == kNo ? "FAILED" : "could not be checked") << "\n";
    Complain(absl::StrCat(file, ": ", checked.reason));
  }
}

}  // namespace

Checked CheckEvidence(const std::string& file, const Trust& trust, const Demands& demands,
                      const CertificateFile* certificate) {
  const absl::StatusOr<std::string> bytes = ReadFile(file, evidence::kMaxEvidenceBytes);
  if (!bytes.ok()) {
    return Unread(bytes.status(), absl::IsResourceExhausted(bytes.status()) ? kNo : kUnable);
  }
  const absl::StatusOr<evidence::Evidence> evidence = evidence::Parse(*bytes);
  if (!evidence.ok()) return Unread(evidence.status(), kNo);
  evidence::VerifyOptions options = trust.For(*evidence);
  options.certifier_keys = demands.certifier_keys;
  options.require = demands.require;
  options.anchors_needed = demands.anchors;
  options.log_key_not_after_s = demands.log_key_not_after_s;
  Checked checked;
  if (certificate != nullptr) {
    const absl::Status taken = TakeCertificate(*certificate, *evidence, options, checked.notices);
    if (!taken.ok()) return Unread(taken, kUnable);
  }
  absl::StatusOr<evidence::Report> report = evidence::Verify(*evidence, options);
  if (!report.ok()) return Unread(report.status(), kNo);
  checked.report = *std::move(report);
  JudgeCertifierKeys(demands, checked);
  checked.exit_code = checked.report->verified() ? kYes : kNo;
  return checked;
}

void Say(const std::string& file, const Checked& checked, bool json) {
  if (!checked.report.has_value()) return SayUnread(file, checked, json);
  const evidence::Report& report = *checked.report;
  if (json) {
    nlohmann::ordered_json line;
    line["evidence"] = file;
    line.update(ReportJson(report));
    line["notices"] = checked.notices;
    std::cout << JsonLine(line);
    return;
  }
  std::cout << Printable(file) << ": " << (report.verified() ? "verified" : "FAILED") << "\n"
            << ReportText(report);
  for (const std::string& reason : report.reasons) Complain(absl::StrCat(file, ": ", reason));
  for (const std::string& notice : checked.notices) Complain(absl::StrCat(file, ": ", notice));
}

}  // namespace cairn::cli
