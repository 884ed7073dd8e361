#include "ledger/submission.h"

#include <utility>
#include <variant>

namespace cairn::ledger {

absl::StatusOr<Submission> Submission::Make(entry::Body body) {
  absl::StatusOr<std::string> encoded = entry::EncodeBody(body);
  if (!encoded.ok()) return encoded.status();
  Submission submission;
  if (const auto* signed_statement = std::get_if<entry::SignedStatement>(&body)) {
    submission.identity = entry::StatementIdentity(signed_statement->statement);
  }
  submission.body = std::move(body);
  submission.encoded_body = std::move(*encoded);
  return submission;
}

}  // namespace cairn::ledger
