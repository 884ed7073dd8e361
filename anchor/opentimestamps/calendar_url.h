// Where calendars are, and which of them may be asked.
//
// The URI of a pending attestation comes from whoever made the proof. Asking whatever it names
// would let a stranger make this machine send requests to places of their choice, behind a firewall
// for one; so only what is on a list of the operator's is asked.
// Shape: http:// or https://, a host name or IPv4 address, at most a port and a path. No user, no
//   query, fragment or percent sign, no empty or dotted path segment. A slash at the end counts for
//   nothing, nor does the case of the host's letters.
// Errors: kInvalidArgument.
// Threads: pure.

#ifndef CAIRN_ANCHOR_OPENTIMESTAMPS_CALENDAR_URL_H_
#define CAIRN_ANCHOR_OPENTIMESTAMPS_CALENDAR_URL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cairn::anchor {

struct CalendarUrl {
  bool tls = true;
  std::string host = {};  // Lower case.
  uint16_t port = 0;      // As spelled or by the scheme.
  std::string path = {};  // Empty, or begins with a slash and does not end with one.

  // Without a slash at the end; the port only where it is not the scheme's.
  std::string Format() const;

  friend bool operator==(const CalendarUrl&, const CalendarUrl&) = default;
};

absl::StatusOr<CalendarUrl> ParseCalendarUrl(absl::string_view text);

class AllowedCalendars {
 public:
  // Each is a calendar's URL; where its host begins with "*.", it stands for each host that has at
  // least one label in place of the star. Scheme, port and path are equal in any case.
  static absl::StatusOr<AllowedCalendars> Parse(const std::vector<std::string>& patterns);

  // The calendar to be asked. kPermissionDenied when it is not on the list.
  absl::StatusOr<CalendarUrl> Find(absl::string_view uri) const;

 private:
  struct Pattern {
    bool any_subdomain = false;
    CalendarUrl url;  // Of any_subdomain, the host without "*.".
  };

  std::vector<Pattern> patterns_;
};

}  // namespace cairn::anchor

#endif  // CAIRN_ANCHOR_OPENTIMESTAMPS_CALENDAR_URL_H_
