// cairnd as a whole: opens the log under all its guards, serves it, stops it.
//
// Order of a start, each step refusing before the next has any effect: keys; preflight.h; the port
// of HTTP; directory (lock, origin, key); keys bound to the log's id, durably; recovery; whether
// the configuration's certifiers can be what it says; publication, anchors; the port of gRPC, where
// appends are refused and health says NOT_SERVING until, last of all and because they are for ever,
// the certifier entries for what the configuration changed are in the log. Under a witness policy
// they wait for the guard at start as well. So nothing is signed by a key that is not bound,
// nothing permanent is written by a start that fails, and nothing is taken before the log says who
// may write. Order of a stop: health NOT_SERVING and /readyz 503; streams are told to end; the log,
// which answers what it has taken and takes no more; for at most kStreamsEnd, until clients have
// read what streams owe them; for at most kHangUp, until clients have hung up; HTTP, which says
// until then that the server is stopping; the store. Errors of Start: kInvalidArgument,
// kPermissionDenied, kFailedPrecondition, kNotFound, kDataLoss,
//   kUnavailable; the message says what to do.

#ifndef CAIRN_LEDGER_SERVER_DAEMON_H_
#define CAIRN_LEDGER_SERVER_DAEMON_H_

#include <chrono>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "ledger/server/settings.h"

namespace cairn::server {

inline constexpr std::chrono::seconds kStreamsEnd(10);
inline constexpr std::chrono::seconds kHangUp(1);

class Daemon {
 public:
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(const Settings& settings);
  virtual ~Daemon() = default;

  // HOST:PORT, with the port that was bound.
  virtual const http::Address& address() const = 0;
  // Of HTTP; nullopt where it is not served.
  virtual std::optional<http::Address> http_address() const = 0;
  // Call once; nothing is served afterwards.
  virtual void Stop() = 0;
};

}  // namespace cairn::server

#endif  // CAIRN_LEDGER_SERVER_DAEMON_H_
