// Log.WatchCheckpoints: the newest checkpoint each time there is a newer one. Who reads slowly
// misses those between; nothing is queued for them.

#ifndef CAIRN_LEDGER_SERVER_WATCH_H_
#define CAIRN_LEDGER_SERVER_WATCH_H_

#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "ledger/server/context.h"

namespace cairn::server {

// The reactor deletes itself. Ends with UNAVAILABLE when the server stops.
grpc::ServerWriteReactor<grpc::ByteBuffer>* HandleWatch(const Context& context,
                                                        const grpc::ByteBuffer& request);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_WATCH_H_
