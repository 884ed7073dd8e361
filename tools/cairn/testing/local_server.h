// A gRPC service on a port of this machine that the system chooses.
//
// Lifetime: make it the last member of the service, so that no call finds that half gone.

#ifndef CAIRN_TOOLS_CAIRN_TESTING_LOCAL_SERVER_H_
#define CAIRN_TOOLS_CAIRN_TESTING_LOCAL_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

namespace cairn::testing {

class LocalServer {
 public:
  explicit LocalServer(grpc::Service* service) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(service);
    server_ = builder.BuildAndStart();
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TOOLS_CAIRN_TESTING_LOCAL_SERVER_H_
