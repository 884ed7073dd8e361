// The gRPC service cairn.v1.Anchors. Without anchors each of its calls is UNIMPLEMENTED.
//
// Threads: gRPC's; calls run on the context's workers. Lifetime: all it is given outlives the
// server that this is registered with.

#ifndef CAIRN_LEDGER_SERVER_ANCHOR_SERVICE_H_
#define CAIRN_LEDGER_SERVER_ANCHOR_SERVICE_H_

#include <memory>

#include "anchor/anchorer.h"
#include "grpcpp/impl/service_type.h"
#include "ledger/server/context.h"

namespace cairn::server {

// `anchorer` is null where there are no anchors.
std::unique_ptr<grpc::Service> MakeAnchorService(const Context& context,
                                                 anchor::Anchorer* anchorer);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_ANCHOR_SERVICE_H_
