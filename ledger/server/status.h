// absl::Status with what a client can act on, and its one translation to gRPC and google.rpc.
//
// Shape: google.rpc messages travel as payloads of the absl::Status, under their type URL, and
// leave as google.rpc.Status: in the trailer grpc-status-details-bin, or inside a batch's answer.
// Codes are the same numbers in absl and gRPC. Threads: pure.

#ifndef CAIRN_LEDGER_SERVER_STATUS_H_
#define CAIRN_LEDGER_SERVER_STATUS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/status.h"
#include "merkle/types.h"
#include "proto/google_rpc.pb.h"

namespace cairn::server {

// kInvalidArgument with BadRequest: `field` is wrong, `description` says how and what to do.
absl::Status InvalidField(absl::string_view field, absl::string_view description);

// Adds RetryInfo.
absl::Status WithRetry(absl::Status status, uint64_t retry_after_ms);

// Adds ErrorInfo whose metadata["index"] is the leaf index that the error is about.
absl::Status WithIndex(absl::Status status, absl::string_view reason, LeafIndex index);

// Adds what the client is to know of an error that came from the log itself: RetryInfo to
// kResourceExhausted and kUnavailable.
absl::Status WithDefaultRetry(absl::Status status);

grpc::Status ToGrpc(const absl::Status& status);
google::rpc::Status ToRpcStatus(const absl::Status& status);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_STATUS_H_
