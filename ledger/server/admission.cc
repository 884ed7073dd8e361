#include "ledger/server/admission.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ledger/server/request.h"
#include "ledger/server/status.h"
#include "merkle/entry/statement.h"

namespace cairn::server {
namespace {

// Whether `key` was the certifier's before its newest change.
bool WasKeyOf(const entry::CertifierRegistry& certifiers, const std::string& name,
              const entry::Certifier& current, const PublicKey& key) {
  LeafIndex since = current.since;
  while (since.value() > 0) {
    const absl::StatusOr<entry::Certifier> earlier =
        certifiers.At(name, LeafIndex(since.value() - 1));
    if (!earlier.ok()) return false;
    if (earlier->key == key) return true;
    since = earlier->since;
  }
  return false;
}

}  // namespace

absl::StatusOr<entry::Statement> Admission::Named(const Caller& caller, const FieldPath& path,
                                                  v1::Statement&& statement, bool is_signed) const {
  absl::StatusOr<entry::Statement> parsed = ParseStatement(path, std::move(statement));
  if (!parsed.ok() || !parsed->certifier.empty()) return parsed;
  if (caller.certifier.has_value()) {
    parsed->certifier = *caller.certifier;
  } else if (is_signed) {
    return InvalidField(path / "certifier", "is empty; say who signed");
  } else if (anonymous_allowed_) {
    parsed->certifier = entry::kAnonymous;
  } else {
    return absl::UnauthenticatedError(
        "no credentials: send a token as `authorization: Bearer TOKEN`, show a client certificate, "
        "or sign the statement");
  }
  return parsed;
}

absl::StatusOr<bool> Admission::Judge(const Caller& caller,
                                      const entry::CertifierRegistry& certifiers,
                                      const std::string& name,
                                      const std::optional<PublicKey>& key) const {
  if (name == entry::kAnonymous) {
    if (anonymous_allowed_ && !key.has_value()) return false;
    return absl::PermissionDeniedError(
        "`anonymous` writes unsigned and over loopback only; take the name of a declared "
        "certifier");
  }
  const absl::StatusOr<entry::Certifier> certifier = certifiers.Current(name);
  if (!certifier.ok()) {
    return absl::PermissionDeniedError(
        absl::StrCat("certifier `", name,
                     "` is not declared in this log; ask the log's operator to declare it"));
  }
  if (certifier->retired) {
    return absl::PermissionDeniedError(absl::StrCat("certifier `", name, "` was retired at index ",
                                                    certifier->since.value(),
                                                    " and writes no more"));
  }
  if (caller.certifier.has_value() && *caller.certifier != name) {
    return absl::PermissionDeniedError(absl::StrCat("the call is authenticated as `",
                                                    *caller.certifier, "`, which cannot state as `",
                                                    name, "`"));
  }
  if (certifier->demand == entry::CertifierDemand::kChannel && !caller.certifier.has_value()) {
    return absl::UnauthenticatedError(absl::StrCat(
        "certifier `", name,
        "` must show its token (`authorization: Bearer TOKEN`) or its client certificate"));
  }
  if (!key.has_value()) {
    if (certifier->demand == entry::CertifierDemand::kChannel) return false;
    return absl::UnauthenticatedError(
        absl::StrCat("certifier `", name, "` must sign its statements; this one is not signed"));
  }
  if (certifier->key == *key) return false;
  if (WasKeyOf(certifiers, name, *certifier, *key)) return true;
  return absl::PermissionDeniedError(absl::StrCat(
      "the key is not certifier `", name, "`'s; sign with the key that the log has declared"));
}

absl::StatusOr<ledger::Submission> Admission::Admit(const Caller& caller,
                                                    const entry::CertifierRegistry& certifiers,
                                                    const FieldPath& path,
                                                    v1::Statement&& statement,
                                                    const FieldPath& signature_path,
                                                    const v1::Signature* signature) const {
  absl::StatusOr<entry::Statement> named =
      Named(caller, path, std::move(statement), signature != nullptr);
  if (!named.ok()) return named.status();
  entry::SignedStatement out{.statement = *std::move(named), .signature = std::monostate()};
  std::optional<PublicKey> key;
  if (signature != nullptr) {
    absl::StatusOr<entry::SingleSignature> parsed = ParseSignature(signature_path, *signature);
    if (!parsed.ok()) return parsed.status();
    key = parsed->key;
    out.signature = *parsed;
  }
  const absl::StatusOr<bool> must_exist = Judge(caller, certifiers, out.statement.certifier, key);
  if (!must_exist.ok()) return must_exist.status();
  if (key.has_value()) {
    const absl::Status holds = entry::VerifyStatement(origin_, out, *key);
    if (!holds.ok()) return holds;
  }
  absl::StatusOr<ledger::Submission> submission = ledger::Submission::Make(std::move(out));
  if (submission.ok()) submission->must_exist = *must_exist;
  return submission;
}

absl::StatusOr<std::vector<ledger::Submission>> Admission::AdmitBatch(
    const Caller& caller, const entry::CertifierRegistry& certifiers,
    google::protobuf::RepeatedPtrField<v1::Statement>&& statements,
    const v1::Signature& signature) const {
  const absl::StatusOr<entry::SingleSignature> parsed =
      ParseSignature(FieldPath("batch_signature"), signature);
  if (!parsed.ok()) return parsed.status();
  std::vector<entry::Statement> batch;
  batch.reserve(statements.size());
  for (int i = 0; i < statements.size(); ++i) {
    const FieldPath path("statements", i);
    absl::StatusOr<entry::Statement> named = Named(caller, path, std::move(statements[i]), true);
    if (!named.ok()) return named.status();
    if (i > 0 && named->certifier != batch[0].certifier) {
      return InvalidField(path / "certifier",
                          "is not that of the batch's first statement; one signature is by one");
    }
    batch.push_back(*std::move(named));
  }
  const absl::StatusOr<bool> must_exist =
      Judge(caller, certifiers, batch[0].certifier, parsed->key);
  if (!must_exist.ok()) return must_exist.status();
  absl::StatusOr<std::vector<entry::SignedStatement>> all =
      entry::VerifyBatch(origin_, std::move(batch), parsed->key, parsed->signature);
  if (!all.ok()) return all.status();
  std::vector<ledger::Submission> out;
  out.reserve(all->size());
  for (entry::SignedStatement& one : *all) {
    absl::StatusOr<ledger::Submission> submission = ledger::Submission::Make(std::move(one));
    if (!submission.ok()) return submission.status();
    submission->must_exist = *must_exist;
    out.push_back(*std::move(submission));
  }
  return out;
}

}  // namespace cairn::server
