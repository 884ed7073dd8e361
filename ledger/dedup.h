// The rules of deduplication: what becomes of a statement, given what already stands.
//
// Two statements are about the same when certificate hash, certifier and trace are equal; they are
// the same when their identities are.

#ifndef CAIRN_LEDGER_DEDUP_H_
#define CAIRN_LEDGER_DEDUP_H_

#include <cstddef>
#include <optional>

#include "ledger/append_result.h"
#include "ledger/submission.h"
#include "merkle/entry/entry.h"
#include "merkle/types.h"

namespace cairn::ledger {

// What one certifier may state on one certificate hash. Every statement on a hash is compared with
// all that stand on it, on the one thread that sequences: a hash under which statements pile up
// would stall the log for everybody.
inline constexpr size_t kMaxStatementsByCertifier = 1024;

// What the log holds about the same as a statement.
struct Standing {
  std::optional<LeafIndex> same;    // this very statement
  std::optional<LeafIndex> latest;  // the last of all that are about the same
  size_t by_certifier = 0;          // of this certifier on this hash, whatever the trace
};

bool AboutTheSame(const entry::Statement& a, const entry::Statement& b);

// nullopt: the statement is new and is to be appended. Else its result:
//   the same again: OK and duplicate, superseded since or not;
//   must_exist: kPermissionDenied;
//   supersedes anything but the latest: kFailedPrecondition;
//   supersedes nothing where something stands: kAlreadyExists with the latest;
//   new, but the certifier has stated kMaxStatementsByCertifier on the hash: kFailedPrecondition.
std::optional<ItemResult> Judge(const Submission& submission, const entry::Statement& statement,
                                const Standing& standing);

}  // namespace cairn::ledger

#endif  // CAIRN_LEDGER_DEDUP_H_
