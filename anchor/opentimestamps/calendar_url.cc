#include "anchor/opentimestamps/calendar_url.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace cairn::anchor {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;
constexpr size_t kMaxHostBytes = 253;
constexpr absl::string_view kAnySubdomain = "*.";

absl::Status Malformed(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("calendar URL: ", why));
}

bool IsLabel(absl::string_view label) {
  return !label.empty() && std::all_of(label.begin(), label.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
  });
}

bool IsSegment(absl::string_view segment) {
  return !segment.empty() && segment != "." && segment != ".." &&
         std::all_of(segment.begin(), segment.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' ||
                  c == '.';
         });
}

absl::StatusOr<uint16_t> ParsePort(absl::string_view text) {
  uint32_t port = 0;
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (!digits || !absl::SimpleAtoi(text, &port) || port == 0 || port > UINT16_MAX) {
    return Malformed("a port that is none");
  }
  return static_cast<uint16_t>(port);
}

}  // namespace

std::string CalendarUrl::Format() const {
  const bool usual = port == (tls ? kHttpsPort : kHttpPort);
  return absl::StrCat(tls ? "https://" : "http://", host, usual ? "" : absl::StrCat(":", port),
                      path);
}

absl::StatusOr<CalendarUrl> ParseCalendarUrl(absl::string_view text) {
  CalendarUrl url;
  if (absl::ConsumePrefix(&text, "http://")) {
    url.tls = false;
  } else if (!absl::ConsumePrefix(&text, "https://")) {
    return Malformed("neither http:// nor https://");
  }
  // Told first: what is wrong with the rest of such a URL could be the password.
  if (absl::StrContains(text, '@')) {
    return Malformed("a user name or password has no place in it");
  }
  const size_t path = std::min(text.find('/'), text.size());
  const std::pair<absl::string_view, absl::string_view> authority =
      absl::StrSplit(text.substr(0, path), absl::MaxSplits(':', 1));
  url.host = absl::AsciiStrToLower(authority.first);
  for (const absl::string_view label : absl::StrSplit(url.host, '.')) {
    if (!IsLabel(label)) return Malformed("not a host name");
  }
  if (url.host.size() > kMaxHostBytes) return Malformed("a host name that is too long");
  url.port = url.tls ? kHttpsPort : kHttpPort;
  if (authority.first.size() != path) {
    const absl::StatusOr<uint16_t> port = ParsePort(authority.second);
    if (!port.ok()) return port.status();
    url.port = *port;
  }
  absl::string_view rest = text.substr(path);
  absl::ConsumeSuffix(&rest, "/");
  url.path = std::string(rest);
  if (absl::ConsumePrefix(&rest, "/")) {
    for (const absl::string_view segment : absl::StrSplit(rest, '/')) {
      if (!IsSegment(segment)) return Malformed("a path with a segment that is not allowed");
    }
  }
  return url;
}

absl::StatusOr<AllowedCalendars> AllowedCalendars::Parse(const std::vector<std::string>& patterns) {
  AllowedCalendars allowed;
  for (const std::string& text : patterns) {
    Pattern pattern;
    std::string plain = text;
    const size_t host = text.find("://") + 3;  // Without "://" the URL is refused below.
    if (absl::StartsWith(absl::string_view(text).substr(std::min(host, text.size())),
                         kAnySubdomain)) {
      pattern.any_subdomain = true;
      plain.erase(host, kAnySubdomain.size());
    }
    absl::StatusOr<CalendarUrl> url = ParseCalendarUrl(plain);
    if (!url.ok()) {
      // Not named where it may hold a password.
      return absl::StrContains(text, '@')
                 ? url.status()
                 : absl::InvalidArgumentError(absl::StrCat(url.status().message(), ": ", text));
    }
    // A star before a top-level domain would let in half of the world.
    if (pattern.any_subdomain && !absl::StrContains(url->host, '.')) {
      return absl::InvalidArgumentError(
          absl::StrCat("calendar URL: a star before a single label: ", text));
    }
    pattern.url = *std::move(url);
    allowed.patterns_.push_back(std::move(pattern));
  }
  return allowed;
}

absl::StatusOr<CalendarUrl> AllowedCalendars::Find(absl::string_view uri) const {
  absl::StatusOr<CalendarUrl> url = ParseCalendarUrl(uri);
  if (!url.ok()) return url;
  for (const Pattern& pattern : patterns_) {
    CalendarUrl wanted = pattern.url;
    if (pattern.any_subdomain && absl::EndsWith(url->host, absl::StrCat(".", wanted.host))) {
      wanted.host = url->host;
    } else if (pattern.any_subdomain) {
      continue;
    }
    if (*url == wanted) return url;
  }
  return absl::PermissionDeniedError("not among the calendars that may be asked");
}

}  // namespace cairn::anchor
