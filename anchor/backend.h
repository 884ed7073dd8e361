// A system outside that can show that a digest existed: a time-stamp authority, a chain, another
// log.
//
// A round calls Prepare, makes the request durable, and only then calls Submit, with those bytes;
// after a crash with the same bytes again. Poll asks how far it has come since.
// Shape of a receipt: the native bytes of the system, which its own tools read.
// Errors of Submit and Poll: kUnavailable, kDeadlineExceeded, kResourceExhausted (try again later,
//   with the same request), kInvalidArgument and kPermissionDenied (an answer that is malformed, or
//   is not for this digest, or not by whom it has to be: nothing of it is kept), kNotFound (the
//   system no longer knows the request: prepare another), kFailedPrecondition (it refuses for
//   good). Messages name the system and say what was wrong.
// Threads: one at a time.

#ifndef CAIRN_ANCHOR_BACKEND_H_
#define CAIRN_ANCHOR_BACKEND_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "merkle/hash.h"

namespace cairn::anchor {

// Persistent: never renumber.
enum class ReceiptState : uint8_t {
  kPrepared = 1,   // The request is stored.
  kSubmitted = 2,  // It may have been sent.
  kAccepted = 3,   // The system's own proof that it took the digest is stored.
  kConfirmed = 4,  // That was checked independently of who issued it; see `confirmations`.
  kFinal = 5,      // And will not change any more, by the system's rule.
  kFailed = 6,
  kReorganised = 7,  // What it rests on is gone from the system.
};

struct Progress {
  ReceiptState state = ReceiptState::kSubmitted;  // Never kPrepared or kFailed.
  uint64_t confirmations = 0;
  // Replaces what was stored before; empty while there is none.
  std::string receipt = {};
  // POSIX seconds: the digest existed by then, according to the system; absent below kAccepted.
  std::optional<uint64_t> existed_by_s = std::nullopt;
  // A line for people, strangers too: no URL, no host, nobody else's words (public_text.h).
  std::string detail = {};
  // What did not work all the same, for the operator's log; OK: nothing.
  absl::Status trouble = absl::OkStatus();
};

class Backend {
 public:
  virtual ~Backend() = default;

  // "rfc3161", "opentimestamps". Persistent.
  virtual absl::string_view kind() const = 0;

  // A request for this SHA-256 digest, with fresh nonces, without touching the network.
  virtual absl::StatusOr<std::string> Prepare(const Hash& digest) = 0;

  virtual absl::StatusOr<Progress> Submit(const Hash& digest, absl::string_view request) = 0;

  // `receipt` is what is stored so far; of a state that is not final. A final receipt may be asked
  // about again: whether it still is.
  virtual absl::StatusOr<Progress> Poll(const Hash& digest, absl::string_view request,
                                        absl::string_view receipt) = 0;

  // Where people can look at it; empty when there is no such place (yet).
  virtual std::string Link(absl::string_view receipt) const = 0;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_BACKEND_H_
