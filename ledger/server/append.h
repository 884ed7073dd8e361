// Log.Append: one statement in, its place and proof out.
//
// Threads: any. The answer is made on the log's answering thread, or on a worker when it needs the
// disk.

#ifndef CAIRN_LEDGER_SERVER_APPEND_H_
#define CAIRN_LEDGER_SERVER_APPEND_H_

#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "ledger/server/context.h"

namespace cairn::server {

// Finishes the returned reactor once the statement is durable or refused. A call that is cancelled
// or whose deadline passes before its statement is sequenced appends nothing and leaves the queue
// at once; later it stays alive until the log has answered.
grpc::ServerUnaryReactor* HandleAppend(const Context& context, grpc::CallbackServerContext* call,
                                       const grpc::ByteBuffer& request, grpc::ByteBuffer* response);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_APPEND_H_
