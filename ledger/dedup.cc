#include "ledger/dedup.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cairn::ledger {

bool AboutTheSame(const entry::Statement& a, const entry::Statement& b) {
  return a.certificate_hash == b.certificate_hash && a.certifier == b.certifier &&
         a.trace == b.trace;
}

std::optional<ItemResult> Judge(const Submission& submission, const entry::Statement& statement,
                                const Standing& standing) {
  // Before all else: a retry is answered whatever happened since.
  if (standing.same.has_value()) {
    return ItemResult{.status = absl::OkStatus(), .index = *standing.same, .duplicate = true};
  }
  if (submission.must_exist) {
    return ItemResult{.status = absl::PermissionDeniedError(
                          "signed with a key that is no longer in force, and this statement is not "
                          "in the log; sign it with the current key"),
                      .index = LeafIndex()};
  }
  if (statement.supersedes == standing.latest) {
    if (standing.by_certifier < kMaxStatementsByCertifier) return std::nullopt;
    return ItemResult{.status = absl::FailedPreconditionError(absl::StrCat(
                          "this certifier has made ", standing.by_certifier,
                          " statements on this hash, which is the most that a log takes; state a "
                          "hash of its own for each run")),
                      .index = LeafIndex()};
  }
  if (!standing.latest.has_value()) {
    return ItemResult{.status = absl::FailedPreconditionError(absl::StrCat(
                          "supersedes ", statement.supersedes->value(),
                          ", but nothing stands on this certifier, hash and trace; leave "
                          "`supersedes` out")),
                      .index = LeafIndex()};
  }
  if (statement.supersedes.has_value()) {
    return ItemResult{.status = absl::FailedPreconditionError(absl::StrCat(
                          "supersedes ", statement.supersedes->value(),
                          ", but the latest statement on this certifier, hash and trace is ",
                          standing.latest->value(), "; read that one, then supersede it")),
                      .index = LeafIndex(),
                      .latest = standing.latest};
  }
  return ItemResult{.status = absl::AlreadyExistsError(absl::StrCat(
                        "another statement stands on this certifier, hash and trace at index ",
                        standing.latest->value(), "; to replace it, name it in `supersedes`")),
                    .index = LeafIndex(),
                    .latest = standing.latest};
}

}  // namespace cairn::ledger
