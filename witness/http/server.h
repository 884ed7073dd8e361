// An HTTP/1.1 server: in plain text, with keep-alive, on one thread.
//
// Bounds: connections, header, body, and a time for each step, so that what a client does or leaves
// undone costs a bounded piece of memory for a bounded time. At the most connections, the one whose
// last answer (or whose beginning, if it has had none) is the longest ago makes room: whoever only
// holds connections open keeps nobody out.
// Errors of Listen: kInvalidArgument for a host that is no IP address, kUnavailable when the port
//   cannot be had.
// Threads: the handler runs on the server's own; calls come from any.

#ifndef CAIRN_WITNESS_HTTP_SERVER_H_
#define CAIRN_WITNESS_HTTP_SERVER_H_

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "witness/http/address.h"
#include "witness/http/limits.h"
#include "witness/http/routes.h"

namespace cairn::http {

class Server {
 public:
  // Takes the port.
  static absl::StatusOr<std::unique_ptr<Server>> Listen(const Address& address,
                                                        const Limits& limits, Handler handler);
  // Requires Stop(), once Serve() was called.
  virtual ~Server() = default;

  // With the port that was bound.
  virtual const Address& address() const = 0;
  virtual size_t connections() const = 0;

  // Begins to answer. Call once.
  virtual void Serve() = 0;

  // Closes all connections and ends the thread. A response that comes later goes nowhere; none is
  // under way when the server is destroyed. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace cairn::http

#endif  // CAIRN_WITNESS_HTTP_SERVER_H_
