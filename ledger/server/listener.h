// The gRPC server: one port, its credentials, health and reflection.

#ifndef CAIRN_LEDGER_SERVER_LISTENER_H_
#define CAIRN_LEDGER_SERVER_LISTENER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/server.h"
#include "ledger/server/settings.h"

namespace cairn::server {

struct Listener {
  std::unique_ptr<grpc::Server> server;
  http::Address address;  // With the port that was bound.
};

// Serves at once, with health NOT_SERVING until SetServing says otherwise. kUnavailable when the
// port cannot be had or the TLS files are no certificate and key; else the errors of reading those.
// The services outlive the server.
absl::StatusOr<Listener> Listen(const Settings& settings,
                                const std::vector<grpc::Service*>& services);

// What the health service answers, for the server as a whole and for cairn.v1.Log.
void SetServing(grpc::Server& server, bool serving);

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_LISTENER_H_
