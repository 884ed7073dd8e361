// The gRPC service cairn.v1.Log over a log.
//
// Threads: gRPC's; what reads the disk runs on the context's workers. Lifetime: the context's parts
// outlive the server that this is registered with.

#ifndef CAIRN_LEDGER_SERVER_SERVICE_H_
#define CAIRN_LEDGER_SERVER_SERVICE_H_

#include <memory>

#include "grpcpp/impl/service_type.h"
#include "ledger/server/context.h"

namespace cairn::server {

std::unique_ptr<grpc::Service> MakeLogService(const Context& context);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_SERVICE_H_
