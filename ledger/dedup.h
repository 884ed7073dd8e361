// The rules of deduplication: what becomes of a statement, given what already stands.
//
// Two statements are about the same when certificate hash, certifier and trace are equal; they are
// the same when their identities are.

#ifndef CAIRN_LEDGER_DEDUP_H_
#define CAIRN_LEDGER_DEDUP_H_

#include <optional>

#include "ledger/append_result.h"
#include "ledger/submission.h"
#include "merkle/entry/entry.h"
#include "merkle/types.h"

namespace cairn::ledger {

// What the log holds about the same as a statement.
struct Standing {
  std::optional<LeafIndex> same;    // this very statement
  std::optional<LeafIndex> latest;  // the last of all that are about the same
};

bool AboutTheSame(const entry::Statement& a, const entry::Statement& b);

// nullopt: the statement is new and is to be appended. Else its result:
//   the same again: OK and duplicate, superseded since or not;
//   must_exist: kPermissionDenied;
//   supersedes anything but the latest: kFailedPrecondition;
//   supersedes nothing where something stands: kAlreadyExists with the latest.
std::optional<ItemResult> Judge(const Submission& submission, const entry::Statement& statement,
                                const Standing& standing);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_DEDUP_H_
