// Log.AppendStream: batches in, answers out in the same order.
//
// At most kMaxUnanswered batches are between reading and written answer, and once answers of more
// than kMaxUnwrittenBytes wait for a client that does not read them, no further batch is read: flow
// control holds the client. A message that does not parse ends the stream with INVALID_ARGUMENT
// after the answers before it. One above kMaxRequestBytes gRPC does not hand over: it ends the
// stream with RESOURCE_EXHAUSTED, and answers that are not written by then are lost. What is wrong
// inside a batch is that batch's answer. When the server stops, what was read is answered and the
// stream ends with UNAVAILABLE. When the client goes, or its deadline passes, what it sent and is
// not sequenced yet is not appended.

#ifndef CAIRN_LEDGER_SERVER_APPEND_STREAM_H_
#define CAIRN_LEDGER_SERVER_APPEND_STREAM_H_

#include <cstddef>

#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "ledger/server/context.h"

namespace cairn::server {

inline constexpr size_t kMaxUnanswered = 8;
inline constexpr size_t kMaxUnwrittenBytes = size_t{1} << 20;

// The reactor deletes itself; it outlives the call for as long as the log owes it an answer.
grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* HandleAppendStream(
    const Context& context, grpc::CallbackServerContext* call);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_APPEND_STREAM_H_
