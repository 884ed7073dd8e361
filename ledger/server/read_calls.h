// The unary reading calls: Prove, GetConsistency, GetCheckpoint. Reading needs no credentials: a
// transparency log is public.
//
// Errors, besides those of the log: kInvalidArgument naming the field, kNotFound for a hash that
// nobody has stated, kOutOfRange for what is beyond the tree.
// Threads: any; may read the disk.

#ifndef CAIRN_LEDGER_SERVER_READ_CALLS_H_
#define CAIRN_LEDGER_SERVER_READ_CALLS_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/log.h"
#include "ledger/server/publication.h"
#include "ledger/view.h"
#include "proto/log.pb.h"

namespace cairn::server {

absl::StatusOr<v1::ProveResponse> Prove(ledger::Log& log, const v1::ProveRequest& request);
absl::StatusOr<v1::GetConsistencyResponse> GetConsistency(ledger::Log& log,
                                                          const v1::GetConsistencyRequest& request);
absl::StatusOr<v1::GetCheckpointResponse> GetCheckpoint(ledger::Log& log,
                                                        const Publication& publication,
                                                        const v1::GetCheckpointRequest& request);

absl::Status CheckKind(v1::CheckpointKind kind);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_READ_CALLS_H_
