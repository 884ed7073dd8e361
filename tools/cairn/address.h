// Addresses as people write them after --log: HOST:PORT for gRPC, a URL for what is read over HTTP.
//
// Errors: kInvalidArgument says what is wrong and, where it can be told, what was meant.
// Threads: any.

#ifndef CAIRN_TOOLS_CAIRN_ADDRESS_H_
#define CAIRN_TOOLS_CAIRN_ADDRESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::cli {

// Where a log is reached over gRPC.
struct HostPort {
  std::string host;  // Without brackets; empty for a socket in the file system.
  std::string port;
  std::string unix_path;
};

// HOST:PORT, where HOST is a name, an IPv4 address or an IPv6 address in brackets; also with gRPC's
// dns:, ipv4:, ipv6: before it, or unix:PATH. Refused with a hint: URLs, what is empty, blanks,
// paths, user names, a missing port, an IPv6 address without brackets, several addresses.
absl::StatusOr<HostPort> ParseHostPort(absl::string_view text);
absl::Status CheckHostPort(const std::string& text);

// By what it is, not how it looks: a name may begin with 127 and lead anywhere.
bool IsLoopback(const HostPort& address);

// A URL or a path: refused where it can only be a HOST:PORT that was meant for gRPC, where a URL
// has no host, or where it holds a user name or password.
absl::Status CheckUrlOrPath(const std::string& text);

}  // namespace cairn::cli

#endif  // CAIRN_TOOLS_CAIRN_ADDRESS_H_
