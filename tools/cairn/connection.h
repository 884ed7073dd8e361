// How to reach the log: the options that every subcommand that asks a log has.

#ifndef CAIRN_TOOLS_CAIRN_CONNECTION_H_
#define CAIRN_TOOLS_CAIRN_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tools/cairn/command.h"
#include "tools/cairn/log_client.h"

namespace cairn::cli {

struct ConnectionOptions {
  std::string address;
  std::string token_file;
  bool tls = false;
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  double timeout_s = 30;
};

// Gives --log, which is required.
Option AddConnectionOptions(Subcommand command, ConnectionOptions* options);

// Reads the files that are named. kFailedPrecondition where a token would go over the wire in
// clear.
absl::StatusOr<LogClientOptions> ReadConnection(const ConnectionOptions& options);

// Likewise. Does not connect yet: the first call does.
absl::StatusOr<std::unique_ptr<LogClient>> OpenLog(const ConnectionOptions& options);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_CONNECTION_H_
