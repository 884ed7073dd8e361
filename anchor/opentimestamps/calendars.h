// OpenTimestamps calendars, as a client asks them.
//
// Source: the behaviour of opentimestamps-server and its Python client; there is no specification.
//   POST CALENDAR/digest, body: the message; GET CALENDAR/timestamp/HEX of the message that the
//   pending attestation is over. Both answer a bare timestamp over that message.
// Errors: those of the exchange; kNotFound for 404, which is how a calendar says "pending" as well
//   as "not found"; kFailedPrecondition for another refusal (4xx); kUnavailable for any other
//   status; kInvalidArgument for an answer that is longer than 10,000 bytes, malformed, or of no
//   use. Messages name the calendar and repeat what it says, made printable.
// Threads: one at a time.

#ifndef CAIRN_ANCHOR_OPENTIMESTAMPS_CALENDARS_H_
#define CAIRN_ANCHOR_OPENTIMESTAMPS_CALENDARS_H_

#include <chrono>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "anchor/evidence/opentimestamps.h"
#include "anchor/http.h"
#include "anchor/opentimestamps/calendar_url.h"

namespace cairn::anchor {

class Calendars {
 public:
  Calendars(HttpExchange http, AllowedCalendars allowed, std::chrono::milliseconds deadline)
      : http_(std::move(http)), allowed_(std::move(allowed)), deadline_(deadline) {}

  // What `calendar` says of a message that it has not seen before. Of use is an answer with an
  // attestation by a calendar that may be asked later, or of Bitcoin.
  absl::StatusOr<evidence::ots::Timestamp> Submit(const std::string& calendar,
                                                  absl::string_view message) const;

  // What the calendar of a pending attestation says of its message by now. Of use is an answer with
  // an attestation that is not pending. kPermissionDenied when `uri` may not be asked; then nothing
  // was sent.
  absl::StatusOr<evidence::ots::Timestamp> Upgrade(absl::string_view uri,
                                                   absl::string_view message) const;

 private:
  absl::StatusOr<evidence::ots::Timestamp> Ask(const HttpRequest& request,
                                               const std::string& calendar,
                                               absl::string_view message) const;

  const HttpExchange http_;
  const AllowedCalendars allowed_;
  const std::chrono::milliseconds deadline_;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_OPENTIMESTAMPS_CALENDARS_H_
