#include "tools/cairn/submission.h"

#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "anchor/evidence/carried.h"
#include "anchor/evidence/verify.h"
#include "merkle/entry/blind.h"
#include "merkle/entry/committed.h"
#include "merkle/entry/statement.h"
#include "tools/cairn/anchor_view.h"
#include "tools/cairn/error_code.h"
#include "tools/cairn/evidence_file.h"
#include "tools/cairn/file.h"
#include "tools/cairn/salt.h"

namespace cairn::cli {
namespace {

using evidence::Evidence;

std::string Text(absl::string_view text) { return std::string(text); }

void End(Outcome outcome, const absl::Status& why, SubmissionResult& result) {
  result.outcome = outcome;
  result.reason = Text(why.message());
  result.error_code = ErrorCodeOf(why);
}

// Codes that the next file would meet as well.
bool IsHopeless(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnimplemented:
      return true;
    default:
      return false;
  }
}

v1::AppendRequest MakeRequest(const entry::SignedStatement& signed_statement,
                              v1::WaitFor wait_for) {
  const entry::Statement& statement = signed_statement.statement;
  v1::AppendRequest request;
  request.set_wait_for(wait_for);
  v1::Statement& message = *request.mutable_statement();
  message.set_certificate_hash(Text(statement.certificate_hash.view()));
  message.set_policy_status(static_cast<v1::PolicyStatus>(statement.policy_status));
  if (statement.supersedes) message.set_supersedes(statement.supersedes->value());
  message.set_certifier(statement.certifier);
  message.set_trace(statement.trace);
  message.set_task(statement.task);
  if (const auto* single = std::get_if<entry::SingleSignature>(&signed_statement.signature)) {
    request.mutable_signature()->set_key(Text(single->key.view()));
    request.mutable_signature()->set_signature(Text(single->signature.view()));
  }
  return request;
}

bool SignedWith(const entry::StatementSignature& signature, const PublicKey& key) {
  if (const auto* single = std::get_if<entry::SingleSignature>(&signature)) {
    return single->key == key;
  }
  const auto* batch = std::get_if<entry::BatchSignature>(&signature);
  return batch != nullptr && batch->key == key;
}

// What the id stood for before it was blinded.
std::string Opened(const Evidence& evidence, absl::string_view field, const std::string& id) {
  for (const evidence::Opening& opening : evidence.openings) {
    if (opening.field == field) return opening.value;
  }
  return id;
}

}  // namespace

struct Submitter::Prepared {
  entry::SignedStatement signed_statement;
  std::vector<evidence::Opening> openings;
  // Of the entry's own hash, where it commits.
  std::vector<evidence::Commitment> commitments;
};

std::string OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kLogged:
      return "logged";
    case Outcome::kAlreadyLogged:
      return "already_logged";
    case Outcome::kSkipped:
      return "skipped";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kUnable:
      return "unable";
    case Outcome::kNotSent:
      break;
  }
  return "not_sent";
}

std::string OutcomeText(Outcome outcome) {
  return absl::StrReplaceAll(OutcomeName(outcome), {{"_", " "}});
}

ExitCode OutcomeExitCode(Outcome outcome) {
  switch (outcome) {
    case Outcome::kLogged:
    case Outcome::kAlreadyLogged:
    case Outcome::kSkipped:
      return kYes;
    case Outcome::kRefused:
    case Outcome::kFailed:
      return kNo;
    case Outcome::kUnable:
    case Outcome::kNotSent:
      break;
  }
  return kUnable;
}

// A record with attestations that do not hold is refused as one that contradicts itself is.
absl::StatusOr<Record> Submitter::ReadSubmitted(const SubmittedFile& file) const {
  if (file.hash) {
    Record given{.hash = *file.hash};
    given.hash_given = true;
    return given;
  }
  absl::StatusOr<Record> record = ReadRecord(
      file.path, options_.record.kind(),
      {.keys = options_.node_keys ? &*options_.node_keys : nullptr}, options_.record.left_open());
  if (!record.ok()) return record;
  if (absl::Status attested = record->attestations_status(); !attested.ok()) return attested;
  return record;
}

SubmissionResult Submitter::Submit(const SubmittedFile& file) const {
  SubmissionResult result;
  result.file = file.name;
  result.evidence_file = file.evidence_file;
  const absl::StatusOr<Record> record = ReadSubmitted(file);
  if (!record.ok()) {
    const bool refused = IsRefusal(record.status());
    End(refused ? Outcome::kRefused : Outcome::kUnable, record.status(), result);
    // What was copied has a name that says nothing.
    if (file.path != file.name) {
      absl::StrReplaceAll({{file.path, "standard input"}}, &result.reason);
    }
    return result;
  }
  result.hash = record->hash;
  result.notices = record->notices;
  result.rounded = record->rounded;

  if (!UseExisting(*record, result)) Append(*record, result);
  return result;
}

// Whether anything is where the evidence goes; then `result` says what becomes of it.
bool Submitter::UseExisting(const Record& record, SubmissionResult& result) const {
  const absl::StatusOr<std::string> existing =
      ReadFile(result.evidence_file, evidence::kMaxEvidenceBytes);
  if (existing.status().code() == absl::StatusCode::kNotFound) return false;
  if (!existing.ok()) {
    End(Outcome::kUnable, existing.status(), result);
  } else if (absl::Status same = CheckExisting(*existing, record, result); same.ok()) {
    result.outcome = Outcome::kSkipped;
  } else {
    End(Outcome::kRefused,
        absl::AlreadyExistsError(absl::StrCat(result.evidence_file,
                                              " is in the way: ", same.message(),
                                              "; move it away or choose another --out")),
        result);
  }
  return true;
}

absl::Status Submitter::CheckExisting(const std::string& bytes, const Record& record,
                                      SubmissionResult& result) const {
  const absl::StatusOr<Evidence> evidence = evidence::Parse(bytes);
  if (!evidence.ok()) return evidence.status();
  evidence::VerifyOptions verify_options;
  verify_options.log_key = options_.log_key;
  verify_options.certificate_hash = record.hash;
  const absl::StatusOr<evidence::Report> report = evidence::Verify(*evidence, verify_options);
  if (!report.ok()) return report.status();
  if (absl::Status good = CheckReport(*evidence, *report, options_.log_key.has_value());
      !good.ok()) {
    return good;
  }
  const entry::Statement& statement = report->claim.statement;
  if (options_.commit != evidence::OpenedHash(*evidence, statement.certificate_hash).has_value()) {
    return absl::InvalidArgumentError(
        options_.commit
            ? "it is for an entry that holds the certificate's hash itself"
            : "it is for an entry that only commits to the certificate's hash: --commit");
  }
  const bool same = (options_.certifier.empty() || statement.certifier == options_.certifier) &&
                    statement.policy_status == options_.policy_status &&
                    statement.supersedes == options_.supersedes &&
                    Opened(*evidence, "trace", statement.trace) == options_.trace &&
                    Opened(*evidence, "task", statement.task) == options_.task;
  if (!same) {
    return absl::InvalidArgumentError(
        "it is for another statement on this certificate (certifier, policy status, supersedes, "
        "trace or task)");
  }
  if (report->claim.origin != options_.origin) {
    return absl::InvalidArgumentError(absl::StrCat("it is evidence of log `", report->claim.origin,
                                                   "`, not of `", options_.origin, "`"));
  }
  result.index = report->claim.index;
  NoticeForeignSignature(*evidence, result);
  return absl::OkStatus();
}

// A statement is the same whoever signed it, so that one that stands may lack this key's signature.
void Submitter::NoticeForeignSignature(const Evidence& evidence, SubmissionResult& result) const {
  if (!options_.signing_key) return;
  const entry::StatementSignature signature =
      evidence::DecodeStatement(evidence.entry)->signed_statement.signature;
  if (!SignedWith(signature, options_.signing_key->verifier_key().public_key())) {
    result.notices.push_back(
        "the statement was in the log before, and there it is not signed with this key");
  }
}

Submitter::Prepared Submitter::Prepare(const Record& record) const {
  Prepared prepared;
  entry::Statement& statement = prepared.signed_statement.statement;
  Hash logged = record.hash;
  if (options_.commit) {
    evidence::Commitment opening{
        .path = "", .salt = RandomSalt(), .value = absl::StrCat("sha256:", record.hash.Hex())};
    logged = entry::CommittedHash(opening.salt, record.hash);
    prepared.commitments.push_back(std::move(opening));
  }
  statement = {.certificate_hash = logged,
               .policy_status = options_.policy_status,
               .supersedes = options_.supersedes,
               .certifier = options_.certifier,
               .trace = options_.trace,
               .task = options_.task};
  for (auto [field, id] : {std::pair("trace", &statement.trace), {"task", &statement.task}}) {
    if (!options_.blind_secret || id->empty()) continue;
    evidence::Opening opening{
        .field = field,
        .key = entry::BlindingKey(*options_.blind_secret, field, record.hash, *id),
        .value = *id};
    *id = entry::Blind(opening.key, field, *id);
    prepared.openings.push_back(std::move(opening));
  }
  if (options_.signing_key) {
    prepared.signed_statement.signature = entry::SingleSignature{
        .key = options_.signing_key->verifier_key().public_key(),
        .signature =
            options_.signing_key->Sign(entry::StatementMessage(options_.origin, statement))};
  }
  return prepared;
}

// The evidence, once the entry is what was stated and all that can be checked holds.
absl::StatusOr<Evidence> Submitter::CheckAnswer(const v1::AppendResponse& answer,
                                                const Record& record,
                                                const Prepared& prepared) const {
  absl::StatusOr<Evidence> evidence = MakeEvidence({.index = answer.index(),
                                                    .entry = answer.entry(),
                                                    .proof = answer.proof(),
                                                    .checkpoint = answer.checkpoint()},
                                                   record.stated_kind(), prepared.openings);
  if (!evidence.ok()) return evidence.status();
  evidence->commitments = prepared.commitments;
  absl::Status good = CheckEvidence(*evidence, answer.duplicate(), record, prepared);
  if (!good.ok()) return good;
  return evidence;
}

// The log's evidence about the entry it has answered.
absl::StatusOr<Evidence> Submitter::WithReceipts(const v1::AppendResponse& answer,
                                                 const Record& record,
                                                 const Prepared& prepared) const {
  absl::StatusOr<Evidence> evidence =
      FetchEvidence(*client_, LeafIndex(answer.index()), record.stated_kind(), prepared.openings);
  if (!evidence.ok()) return evidence.status();
  evidence->commitments = prepared.commitments;
  absl::Status good = CheckEvidence(*evidence, answer.duplicate(), record, prepared);
  if (!good.ok()) return good;
  return evidence;
}

absl::Status Submitter::CheckEvidence(const Evidence& evidence, bool duplicate,
                                      const Record& record, const Prepared& prepared) const {
  evidence::VerifyOptions verify_options;
  verify_options.log_key = options_.log_key;
  verify_options.certificate_hash = record.hash;
  const absl::StatusOr<evidence::Report> report = evidence::Verify(evidence, verify_options);
  if (!report.ok()) return report.status();
  if (absl::Status good = CheckReport(evidence, *report, options_.log_key.has_value());
      !good.ok()) {
    return good;
  }
  entry::Statement stated = prepared.signed_statement.statement;
  if (stated.certifier.empty()) stated.certifier = report->claim.statement.certifier;
  if (!(report->claim.statement == stated)) {
    return absl::InvalidArgumentError("the log's answer is an entry with another statement");
  }
  if (!duplicate && !(evidence::DecodeStatement(evidence.entry)->signed_statement.signature ==
                      prepared.signed_statement.signature)) {
    return absl::InvalidArgumentError("the log's answer is an entry with another signature");
  }
  if (report->claim.origin != options_.origin) {
    return absl::InvalidArgumentError(absl::StrCat("the statement is for log `", options_.origin,
                                                   "`, the log's checkpoint is of `",
                                                   report->claim.origin, "`"));
  }
  return absl::OkStatus();
}

void Submitter::Append(const Record& record, SubmissionResult& result) const {
  const Prepared prepared = Prepare(record);
  const absl::StatusOr<v1::AppendResponse> answer =
      client_->Append(MakeRequest(prepared.signed_statement, options_.wait_for));
  if (!answer.ok()) {
    result.hopeless = IsHopeless(answer.status().code());
    return End(Outcome::kUnable, answer.status(), result);
  }
  absl::StatusOr<Evidence> evidence = CheckAnswer(*answer, record, prepared);
  if (!evidence.ok()) {
    // Nor would the next have evidence.
    result.hopeless = true;
    return End(Outcome::kFailed, evidence.status(), result);
  }
  if (options_.wait_for >= v1::WAIT_FOR_ANCHORED) {
    evidence = WithReceipts(*answer, record, prepared);
    const bool unable = ExitCodeOf(evidence.status()) == kUnable;
    if (!evidence.ok()) {
      return End(unable ? Outcome::kUnable : Outcome::kFailed, evidence.status(), result);
    }
  }
  result.index = LeafIndex(answer->index());
  const absl::StatusOr<std::string> bytes = evidence::Format(*evidence);
  absl::Status written = bytes.status();
  if (written.ok()) {
    // Openings are for their owner to hand out.
    const bool opens = !evidence->openings.empty() || !evidence->commitments.empty();
    const mode_t mode = opens ? 0600 : 0644;
    written = CreateFile(result.evidence_file, *bytes, mode);
  }
  // Another run was faster. Its evidence is as good, if it is for this.
  const bool exists = written.code() == absl::StatusCode::kAlreadyExists;
  if (exists && UseExisting(record, result)) return;
  if (!written.ok()) {
    // The next would be logged for ever without evidence too.
    result.hopeless = true;
    result.without_evidence = true;
    const std::string message =
        absl::StrCat("it is in the log at ", answer->index(),
                     ", but its evidence could not be written: ", written.message());
    return End(Outcome::kUnable, WithErrorCode(absl::InternalError(message), "cannot_write"),
               result);
  }
  NoticeForeignSignature(*evidence, result);
  result.outcome = answer->duplicate() ? Outcome::kAlreadyLogged : Outcome::kLogged;
}

}  // namespace cairn::cli
