// The address cairnd listens on.

#ifndef CAIRN_WITNESS_HTTP_ADDRESS_H_
#define CAIRN_WITNESS_HTTP_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::http {

struct Address {
  // As given, without brackets; but 127.0.0.1 for localhost, so that no name server has a say.
  std::string host;
  uint16_t port = 0;
  // Only this machine can reach it: 127.0.0.0/8 or ::1.
  bool loopback = false;

  // HOST:PORT, brackets around an IPv6 host.
  std::string Format() const;
};

// HOST:PORT. kInvalidArgument for anything else, such as a port above 65535 or an IPv6 host without
// brackets.
absl::StatusOr<Address> ParseAddress(absl::string_view text);

}  // namespace cairn::http

#endif  // CAIRN_WITNESS_HTTP_ADDRESS_H_
