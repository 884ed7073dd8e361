// Who is calling: what a connection and its headers prove.
//
// A certifier of demand CHANNEL shows a token (`authorization: Bearer TOKEN`) or a client
// certificate; both are compared as SHA-256 in constant time, and only the SHA-256 is known here.
// Plain text is served on loopback only, so a token never crosses a network in the clear.
// Errors: kUnauthenticated for credentials that are no certifier's, malformed, or of two
// certifiers. Threads: any.

#ifndef CAIRN_LEDGER_SERVER_CALLER_H_
#define CAIRN_LEDGER_SERVER_CALLER_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "grpcpp/server_context.h"
#include "ledger/server/settings.h"
#include "merkle/hash.h"

namespace cairn::server {

struct Caller {
  // The certifier whose credentials were shown; nullopt: none were.
  std::optional<std::string> certifier;
};

// What a call carries, still unjudged.
struct Credentials {
  std::vector<std::string> authorization;  // Values of that header.
  std::optional<Hash> certificate_sha256;  // Of a client certificate that TLS has verified.
  std::vector<std::string> certificate_san;
};

Credentials ReadCredentials(const grpc::ServerContextBase& context);

class CallerDirectory {
 public:
  explicit CallerDirectory(std::vector<CertifierSettings> certifiers)
      : certifiers_(std::move(certifiers)) {}

  absl::StatusOr<Caller> Identify(const Credentials& credentials) const;

 private:
  absl::StatusOr<std::string> ByToken(const std::vector<std::string>& authorization) const;

  const std::vector<CertifierSettings> certifiers_;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_CALLER_H_
