#include "merkle/certificate/judgement.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cairn::certificate {
namespace {

constexpr char kKeyEnded[] = "KEY_ENDED";

std::string Texts(const std::vector<Finding>& findings) {
  return absl::StrJoin(findings, "; ", [](std::string* out, const Finding& finding) {
    absl::StrAppend(out, finding.Text());
  });
}

Finding Made(absl::string_view field, absl::string_view code, absl::string_view reason) {
  return {.field = std::string(field), .code = std::string(code), .reason = std::string(reason)};
}

}  // namespace

absl::string_view AnswerName(Answer answer) {
  switch (answer) {
    case Answer::kHolds:
      return "holds";
    case Answer::kContradicts:
      return "contradicts_itself";
    case Answer::kCannotCheck:
      return "cannot_be_checked";
  }
  return "";
}

absl::string_view AnswerText(Answer answer) {
  switch (answer) {
    case Answer::kHolds:
      return "holds";
    case Answer::kContradicts:
      return "contradicts itself";
    case Answer::kCannotCheck:
      return "cannot be checked here";
  }
  return "";
}

absl::string_view AttestationStateName(AttestationState state) {
  switch (state) {
    case AttestationState::kProven:
      return "proven";
    case AttestationState::kNotProven:
      return "not_proven";
    case AttestationState::kClaimed:
      return "claimed";
    case AttestationState::kFalse:
      return "false";
  }
  return "";
}

absl::string_view AttestationStateText(AttestationState state) {
  return state == AttestationState::kNotProven ? "not proven" : AttestationStateName(state);
}

std::string Finding::Text() const {
  return field.empty() ? reason : absl::StrCat(field, " ", reason);
}

void Attestation::Conclude(AttestationState new_state, absl::string_view new_code,
                           std::string new_detail) {
  state = new_state;
  code = std::string(new_code);
  detail = std::move(new_detail);
}

void HoldToTime(int64_t proved_by_s, Attestation& attestation) {
  if (attestation.code != kKeyEnded || !attestation.key_valid_to_s.has_value() ||
      proved_by_s > *attestation.key_valid_to_s) {
    return;
  }
  attestation.state = AttestationState::kProven;
  attestation.code = "SIGNED";
  attestation.detail = absl::StrCat(
      "signed by `", attestation.node_id, "` with its key `", attestation.kid,
      "`, which has ended since; the evidence proves that the record is older than that end, and "
      "says nothing of when the signature was made");
}

std::string Judgement::Text() const {
  if (answer != Answer::kHolds || left_open.empty()) return std::string(AnswerText(answer));
  return absl::StrCat("holds; ", absl::StrJoin(left_open, ", "), " not covered");
}

absl::Status Judgement::record_status() const {
  if (answer == Answer::kContradicts) return absl::InvalidArgumentError(Texts(contradictions));
  if (answer == Answer::kCannotCheck && !hash_alone) {
    return absl::FailedPreconditionError(
        absl::StrCat("a record that cannot be checked here: ", Texts(unchecked)));
  }
  return absl::OkStatus();
}

absl::Status Judgement::attestations_status() const {
  std::vector<std::string> reasons;
  for (const Attestation& one : attestations) {
    if (one.state != AttestationState::kFalse && one.state != AttestationState::kNotProven)
      continue;
    reasons.push_back(
        absl::StrCat(one.path, " is ", AttestationStateText(one.state), ": ", one.detail));
  }
  if (reasons.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(reasons, "; "));
}

absl::Status Judgement::status() const {
  const absl::Status record = record_status();
  const absl::Status with_it = attestations_status();
  if (absl::IsInvalidArgument(record) && !with_it.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(record.message(), "; ", with_it.message()));
  }
  return record.ok() ? with_it : record;
}

void Judgement::Contradict(absl::string_view field, absl::string_view code,
                           absl::string_view reason) {
  answer = Answer::kContradicts;
  contradictions.push_back(Made(field, code, reason));
}

void Judgement::CannotCheck(absl::string_view field, absl::string_view code,
                            absl::string_view reason) {
  if (answer == Answer::kHolds) answer = Answer::kCannotCheck;
  unchecked.push_back(Made(field, code, reason));
}

void Judgement::Unchecked(absl::string_view field, absl::string_view code,
                          absl::string_view reason) {
  unchecked.push_back(Made(field, code, reason));
}

void Judgement::Notice(absl::string_view field, absl::string_view code, absl::string_view reason) {
  notices.push_back(Made(field, code, reason));
}

}  // namespace cairn::certificate
