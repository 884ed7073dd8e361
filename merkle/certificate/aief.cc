#include "merkle/certificate/aief.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "merkle/certificate/canonical_json.h"
#include "merkle/certificate/hash_text.h"

namespace cairn::certificate {
namespace {

// In the order in which they are given where several apply.
enum class Reason {
  kMalformed,
  kUnsupported,
  kIncomplete,
  kFieldMissing,
  kIntegrity,
  kSignature,
  kChain,
  kUnavailable,
};

std::string ReasonName(Reason reason) {
  switch (reason) {
    case Reason::kMalformed:
      return "malformedArtifact";
    case Reason::kUnsupported:
      return "unsupportedSchema";
    case Reason::kIncomplete:
      return "incompleteArtifact";
    case Reason::kFieldMissing:
      return "protectedFieldMissing";
    case Reason::kIntegrity:
      return "integrityProofMismatch";
    case Reason::kSignature:
      return "signatureInvalid";
    case Reason::kChain:
      return "chainBreakDetected";
    case Reason::kUnavailable:
      return "verificationMaterialUnavailable";
  }
  return "";
}

bool IsOneOf(absl::string_view code, std::initializer_list<const char*> codes) {
  return std::any_of(codes.begin(), codes.end(), [code](const char* one) { return code == one; });
}

Reason ReasonOf(const Finding& finding) {
  if (finding.code == "CHAIN_BREAK") return Reason::kChain;
  if (finding.code == "PROTECTED_FIELD_MISSING") return Reason::kFieldMissing;
  if (finding.code == "SCHEMA_ERROR") {
    if (!absl::StartsWith(finding.reason, "is missing")) return Reason::kMalformed;
    return finding.field == "snapshot" ? Reason::kIncomplete : Reason::kFieldMissing;
  }
  // A hash in another spelling is no hash.
  return absl::StartsWith(finding.reason, "is not `sha256:`") ? Reason::kMalformed
                                                              : Reason::kIntegrity;
}

// What was found, by what it comes to, with the finding that says so first.
class Reasons {
 public:
  void Add(Reason reason, const Finding& finding) {
    if (!worst_.has_value() || reason < worst_->first) worst_ = {reason, finding};
    all_.push_back(reason);
  }
  bool Has(std::initializer_list<Reason> reasons) const {
    return std::any_of(all_.begin(), all_.end(), [&](Reason one) {
      return std::find(reasons.begin(), reasons.end(), one) != reasons.end();
    });
  }
  const std::optional<std::pair<Reason, Finding>>& worst() const { return worst_; }

 private:
  std::optional<std::pair<Reason, Finding>> worst_;
  std::vector<Reason> all_;
};

void TakeAttestations(const Judgement& judgement, const AiefOptions& options, Reasons& reasons) {
  bool proven = false;
  for (const Attestation& one : judgement.attestations) {
    proven = proven || one.state == AttestationState::kProven;
    const Finding finding{.field = one.path, .code = one.code, .reason = one.detail};
    if (one.code == "RECEIPT_BUNDLE_HASH_MISMATCH") {
      reasons.Add(Reason::kIntegrity, finding);
    } else if (one.state == AttestationState::kFalse || one.code == "KEY_ENDED") {
      reasons.Add(Reason::kSignature, finding);
    }
  }
  if (options.require_attestation && !proven) {
    reasons.Add(Reason::kUnavailable,
                {.field = "", .code = "", .reason = "no attestation is proven by the keys given"});
  }
}

Reasons ReasonsOf(const Judgement& judgement, const AiefOptions& options) {
  Reasons reasons;
  for (const Finding& finding : judgement.contradictions) reasons.Add(ReasonOf(finding), finding);
  if (judgement.answer == Answer::kCannotCheck) {
    for (const Finding& finding : judgement.unchecked) {
      if (finding.code == "STEP_NOT_GIVEN") {
        reasons.Add(Reason::kIncomplete, finding);
      } else if (IsOneOf(finding.code, {"HASH_ONLY", "NOT_STATED"})) {
        reasons.Add(Reason::kUnavailable, finding);
      } else if (IsOneOf(finding.code, {"SCHEMA_VERSION_UNSUPPORTED", "SCHEMA_ERROR"})) {
        reasons.Add(Reason::kUnsupported, finding);
      }
    }
  }
  TakeAttestations(judgement, options, reasons);
  return reasons;
}

bool Has(const Json& record, std::initializer_list<std::initializer_list<const char*>> places) {
  for (const auto& place : places) {
    const Json* value = &record;
    for (const char* name : place) value = value == nullptr ? nullptr : Member(*value, name);
    if (value != nullptr && !value->is_null()) return true;
  }
  return false;
}

// Control 01: what an execution's record must have.
std::vector<std::string> MissingMembers(const Json& record) {
  std::vector<std::string> missing;
  const auto need = [&](const char* what,
                        std::initializer_list<std::initializer_list<const char*>> places) {
    if (!Has(record, places)) missing.emplace_back(what);
  };
  need("execution id", {{"snapshot", "executionId"}, {"step", "stepId"}});
  need("time", {{"snapshot", "timestamp"}, {"createdAt"}, {"step", "timestampUtc"}});
  need("app or workflow id", {{"snapshot", "appId"},
                              {"snapshot", "workflowId"},
                              {"snapshot", "metadata", "appId"},
                              {"threadId"}});
  need("model", {{"snapshot", "model"}, {"step", "nodeName"}});
  need("provider", {{"snapshot", "provider"}, {"step", "nodeName"}});
  need("input or its hash", {{"snapshot", "input"}, {"snapshot", "inputHash"}});
  need("output or its hash",
       {{"snapshot", "output"}, {"snapshot", "outputHash"}, {"step", "stateHash"}});
  need("parameters", {{"snapshot", "parameters"}, {"step", "metadata"}});
  need("version", {{"version"}});
  return missing;
}

std::vector<std::string> MissingOfAll(const JudgedRecord& record) {
  const Json* steps = ObjectMember(record.record(), "embeddedBundles");
  if (steps == nullptr) return MissingMembers(record.record());
  std::vector<std::string> missing;
  for (const auto& step : steps->items()) {
    for (const std::string& one : MissingMembers(step.value())) {
      missing.push_back(absl::StrCat(Utf8(step.key()), ": ", one));
    }
  }
  return missing;
}

// How far the controls are met that can be checked here, and what is missing for the next level.
void JudgeLevel(const JudgedRecord& record, const AiefOptions& options, AiefReport& report) {
  report.not_checkable = {"that every execution of the workflow is recorded"};
  for (const std::string& one : MissingOfAll(record)) {
    report.missing.push_back(absl::StrCat("01 artifact completeness: no ", one));
  }
  if (!report.missing.empty()) return;
  report.level = 1;
  if (!report.pass || !record.judgement.left_open.empty()) {
    report.missing.push_back(absl::StrCat("02 tamper-evidence: ", record.judgement.Text()));
    return;
  }
  report.level = 2;
  report.not_checkable.emplace_back("retention, and who may review");
  if (!options.evidence_verified) {
    report.missing.emplace_back(
        "05 independent validation: no log evidence about the record was verified");
    return;
  }
  report.level = 3;
  if (record.judgement.kind != "cer.project.bundle.v1") {
    report.missing.emplace_back(
        "07 chain integrity: one record shows no run; give the project bundle of all steps");
    return;
  }
  for (const auto& [id, step] : record.judgement.steps) {
    for (const Finding& finding : step.unchecked) {
      if (finding.field == "snapshot.output") {
        report.missing.push_back(absl::StrCat("06 tool-call evidence: ", id, ": ", finding.Text()));
      }
    }
  }
  if (report.missing.empty()) {
    report.level = 4;
    report.not_checkable.emplace_back("that each tool call of the run is a step of it");
  }
}

}  // namespace

AiefReport JudgeAief(const absl::StatusOr<JudgedRecord>& record, const AiefOptions& options) {
  AiefReport report;
  if (!record.ok()) {
    report.reason = ReasonName(Reason::kMalformed);
    report.notes = {std::string(record.status().message())};
    return report;
  }
  const Judgement& judgement = record->judgement;
  const Reasons reasons = ReasonsOf(judgement, options);
  report.schema_supported = !reasons.Has({Reason::kMalformed, Reason::kUnsupported});
  report.integrity_valid =
      report.schema_supported && !reasons.Has({Reason::kIntegrity, Reason::kSignature,
                                               Reason::kUnavailable, Reason::kIncomplete});
  report.protected_set_valid =
      report.schema_supported && !reasons.Has({Reason::kFieldMissing, Reason::kIncomplete});
  report.chain_valid = report.schema_supported && !reasons.Has({Reason::kChain});
  report.pass = !reasons.worst().has_value();
  if (!report.pass) {
    report.reason = ReasonName(reasons.worst()->first);
    const Finding& finding = reasons.worst()->second;
    report.field = finding.field;
    report.notes.push_back(finding.Text());
    if (judgement.hash.has_value() && reasons.worst()->first == Reason::kIntegrity) {
      report.observed = HashText(*judgement.hash);
      if (const std::string* stated = TextMember(record->record(), "certificateHash")) {
        report.expected = Utf8(*stated);
      }
    }
  } else {
    report.notes.emplace_back(
        "what is protected is unchanged since it was issued; nothing is said of its truth, "
        "correctness, fairness or good faith");
  }
  if (!judgement.uncovered.empty()) {
    report.notes.push_back(
        absl::StrCat("not protected: ", absl::StrJoin(judgement.uncovered, ", ")));
  }
  for (const Finding& finding : judgement.unchecked) report.notes.push_back(finding.Text());
  JudgeLevel(*record, options, report);
  return report;
}

}  // namespace cairn::certificate
