// Log.ListEntries: a range of entries in messages of at most 1 MiB, each read when the one before
// has been taken. While too many other reads wait it ends with RESOURCE_EXHAUSTED, and when the
// server stops with UNAVAILABLE; what came is good.

#ifndef CAIRN_LEDGER_SERVER_LIST_H_
#define CAIRN_LEDGER_SERVER_LIST_H_

#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "ledger/server/context.h"

namespace cairn::server {

// The reactor deletes itself.
grpc::ServerWriteReactor<grpc::ByteBuffer>* HandleList(const Context& context,
                                                       const grpc::ByteBuffer& request);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_LIST_H_
