// The gRPC server: one port, its credentials, health and reflection.

#ifndef CAIRN_LEDGER_SERVER_LISTENER_H_
#define CAIRN_LEDGER_SERVER_LISTENER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/server.h"
#include "ledger/server/settings.h"

namespace cairn::server {

struct Listener {
  std::unique_ptr<grpc::Server> server;
  Address address;  // With the port that was bound.
};

// Serves at once, with health NOT_SERVING until the caller says otherwise. kUnavailable when the
// port cannot be had, kInvalidArgument when the TLS files are not what they should be. The service
// outlives the server.
absl::StatusOr<Listener> Listen(const Settings& settings, grpc::Service* service);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_LISTENER_H_
